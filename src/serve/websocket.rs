//! Watches over WebSockets, which browsers and some clients (fabric8's for Java) ask for first.
//!
//! Receives the head of a request that asks to change protocols and the answer of the API; hands on the handshake, and then each event as
//! a message of its own: text for JSON, binary for protobuf. Invariant: only a watch that has begun changes the protocol; any other answer
//! goes out as it is.
//!
//! See RFC 6455. Nothing is expected from the client but pings and the end.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};
use http::header::{
    CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::api::Body;

/// What the key of a handshake is hashed with (RFC 6455 section 1.3).
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Where those who cannot set headers put their token, as one of the protocols that they offer.
const BEARER: &str = "base64url.bearer.authorization.k8s.io.";

/// How long a client may take to say its own goodbye after the server's.
const GOODBYE: Duration = Duration::from_secs(1);

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// A request to go on as a WebSocket.
pub(super) struct Handshake {
    key: HeaderValue,
    protocol: Option<HeaderValue>,
    upgrade: OnUpgrade,
}

impl Handshake {
    /// The handshake that a request asks for; `None` where it asks for none that this server knows.
    pub(super) fn of<B>(request: &mut Request<B>) -> Option<Self> {
        let headers = request.headers();
        let known = is_asked(headers) && headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
        let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| known)?.clone();
        let protocol = protocols(headers).find(|protocol| !protocol.starts_with(BEARER)).and_then(|name| HeaderValue::from_str(name).ok());
        let upgrade = request.extensions_mut().remove::<OnUpgrade>()?;
        Some(Self { key, protocol, upgrade })
    }

    /// Answers a watch that has begun by changing the protocol, and tells its events from then on; `kept` is dropped when that is over.
    /// Any other answer stays.
    pub(super) fn answer(self, response: Response<Body>, kept: impl Send + 'static) -> Response<Body> {
        if response.status() != StatusCode::OK || !response.body().is_watch() {
            return response;
        }
        let mut accepted = Response::new(Body::whole(Bytes::new()));
        *accepted.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = accepted.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        if let Ok(accept) = HeaderValue::from_str(&accepted_key(self.key.as_bytes())) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(protocol) = self.protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        tokio::spawn(async move {
            let _kept = kept;
            let text = response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
            let told = match self.upgrade.await {
                Ok(upgraded) => tell(TokioIo::new(upgraded), response.into_body(), text).await,
                Err(error) => return tracing::debug!(%error, "a client did not go on as a WebSocket"),
            };
            if let Err(error) = told {
                tracing::debug!(%error, "a watch over a WebSocket broke off");
            }
        });
        accepted
    }
}

/// The token among the protocols that a request for a WebSocket offers, as browsers send it. `Some` of an empty text where there is one
/// that cannot be read, which is nobody's.
pub(super) fn bearer(headers: &HeaderMap) -> Option<String> {
    let encoded = protocols(headers).find_map(|protocol| protocol.strip_prefix(BEARER)).filter(|_| is_asked(headers))?;
    Some(URL_SAFE_NO_PAD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}

fn is_asked(headers: &HeaderMap) -> bool {
    words(headers, &UPGRADE).any(|word| word.eq_ignore_ascii_case("websocket"))
        && words(headers, &CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"))
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    words(headers, &SEC_WEBSOCKET_PROTOCOL)
}

fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

fn accepted_key(key: &[u8]) -> String {
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, MAGIC.as_bytes()].concat()))
}

/// Sends the events of a watch, until it is over or the client goes.
async fn tell(stream: impl AsyncRead + AsyncWrite + Send + 'static, mut events: Body, text: bool) -> io::Result<()> {
    let (reader, mut writer) = tokio::io::split(stream);
    let (pings, mut pinged) = mpsc::channel(1);
    let mut listening = std::pin::pin!(listen(reader, pings));
    let mut buffer = BytesMut::new();
    loop {
        tokio::select! {
            heard = &mut listening => {
                heard?;
                return frame(&mut writer, CLOSE, &[]).await;
            }
            Some(ping) = pinged.recv() => frame(&mut writer, PONG, &ping).await?,
            piece = events.frame() => {
                let Some(Ok(piece)) = piece else { break };
                buffer.extend_from_slice(piece.data_ref().map_or(b"".as_slice(), |data| data));
                while let Some(event) = next_event(&mut buffer, text) {
                    frame(&mut writer, if text { TEXT } else { BINARY }, &event).await?;
                }
            }
        }
    }
    // 1000: it is over as it should be.
    frame(&mut writer, CLOSE, &1000_u16.to_be_bytes()).await?;
    // Who is cut off before its own goodbye may lose what came last.
    let _ = tokio::time::timeout(GOODBYE, listening).await;
    writer.shutdown().await
}

/// Takes one event off what a watch sent: a line of JSON, or a message behind its length.
fn next_event(buffer: &mut BytesMut, text: bool) -> Option<Bytes> {
    if text {
        let end = buffer.iter().position(|byte| *byte == b'\n')?;
        return Some(buffer.split_to(end + 1).freeze());
    }
    let length = u32::from_be_bytes(*buffer.first_chunk::<4>()?) as usize;
    if buffer.len() < 4 + length {
        return None;
    }
    let _length = buffer.split_to(4);
    Some(buffer.split_to(length).freeze())
}

/// Writes a whole message as one frame; a server's are not masked.
async fn frame(writer: &mut (impl AsyncWrite + Unpin), opcode: u8, payload: &[u8]) -> io::Result<()> {
    let mut out = Vec::with_capacity(payload.len() + 10);
    out.push(0x80 | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..126), _) => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
    writer.write_all(&out).await?;
    writer.flush().await
}

/// Reads what the client sends until it says goodbye or goes; its pings are handed on, all else is of no interest.
async fn listen(mut reader: impl AsyncRead + Unpin, pings: mpsc::Sender<Vec<u8>>) -> io::Result<()> {
    loop {
        let mut head = [0; 2];
        match reader.read_exact(&mut head).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
        let length = match head[1] & 0x7f {
            126 => u64::from(reader.read_u16().await?),
            127 => reader.read_u64().await?,
            short => u64::from(short),
        };
        let mut mask = [0; 4];
        if head[1] & 0x80 == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a client's frame is not masked"));
        }
        reader.read_exact(&mut mask).await?;
        match head[0] & 0xf {
            CLOSE => return Ok(()),
            PING if length < 126 => {
                let mut payload = Vec::new();
                (&mut reader).take(length).read_to_end(&mut payload).await?;
                payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
                // One answer at a time is enough: the newest ping before it counts.
                let _ = pings.try_send(payload);
            }
            _ => {
                let read = tokio::io::copy(&mut (&mut reader).take(length), &mut tokio::io::sink()).await?;
                if read < length {
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_key_is_answered_as_in_the_example_of_the_standard() {
        assert_eq!(accepted_key(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_token_may_stand_among_the_protocols_of_a_handshake() {
        let offered = "base64url.bearer.authorization.k8s.io.dG9rZW4, chat";
        let asks = [("upgrade", "WebSocket"), ("connection", "keep-alive, Upgrade"), ("sec-websocket-protocol", offered)];
        assert_eq!(bearer(&headers(&asks)), Some("token".to_owned()));
        assert_eq!(bearer(&headers(&asks[2..])), None);
        assert_eq!(bearer(&headers(&asks[..2])), None);
        let broken = [asks[0], asks[1], ("sec-websocket-protocol", "base64url.bearer.authorization.k8s.io.!!")];
        assert_eq!(bearer(&headers(&broken)), Some(String::new()));
    }

    #[test]
    fn events_are_told_apart_in_both_forms() {
        let mut lines = BytesMut::from("{\"a\":1}\n{\"b\"");
        assert_eq!(next_event(&mut lines, true).as_deref(), Some(b"{\"a\":1}\n".as_slice()));
        assert_eq!(next_event(&mut lines, true), None);
        let mut messages = BytesMut::from(b"\0\0\0\x02ab\0\0\0\x01c\0\0".as_slice());
        assert_eq!(next_event(&mut messages, false).as_deref(), Some(b"ab".as_slice()));
        assert_eq!(next_event(&mut messages, false).as_deref(), Some(b"c".as_slice()));
        assert_eq!(next_event(&mut messages, false), None);
    }

    #[tokio::test]
    async fn frames_have_the_shortest_length_that_fits() {
        for (length, head) in [
            (3, vec![0x81, 3]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut out = Vec::new();
            frame(&mut out, TEXT, &vec![b'x'; length]).await.expect("memory");
            assert_eq!((out.len(), &out[..head.len()]), (head.len() + length, head.as_slice()), "{length}");
        }
    }

    #[tokio::test]
    async fn a_client_is_heard_to_ping_to_go_and_to_break_the_rules() {
        let (pings, mut pinged) = mpsc::channel(1);
        let ignored = [b"\x82\xfe\x00\x80\x00\x00\x00\x00".as_slice(), &[7; 128]].concat();
        let bytes = [ignored.as_slice(), b"\x89\x82\x01\x02\x03\x04hk", b"\x88\x80\x00\x00\x00\x00", b"\x89"].concat();
        listen(bytes.as_slice(), pings.clone()).await.expect("it goes");
        assert_eq!(pinged.recv().await, Some(b"ii".to_vec()));
        listen(b"".as_slice(), pings.clone()).await.expect("it is gone");
        assert!(listen(b"\x89\x00".as_slice(), pings).await.is_err());
    }
}
