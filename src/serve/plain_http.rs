//! Clients that speak HTTP where HTTPS is spoken.
//!
//! Receives a connection before its TLS handshake; answers those that begin with a request in plain text, as Go's servers do, so that
//! their users read what is wrong. Invariant: not a byte is taken from a connection that may begin a handshake.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// In HTTP/1.0, which every client reads, and which ends with the connection.
const ANSWER: &[u8] = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
    Client sent an HTTP request to an HTTPS server.\n";

/// How much of a request is read that nobody will look at.
const UNREAD_MOST: u64 = 1 << 20;

/// Answers a client that does not speak TLS; whether it was one. Waits for the first byte.
pub(super) async fn answer(stream: &mut TcpStream) -> io::Result<bool> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    // A handshake begins with the byte 22.
    if !first[0].is_ascii_uppercase() {
        return Ok(false);
    }
    let mut start = [0; 5];
    stream.read_exact(&mut start).await?;
    if begins_request(start) {
        stream.write_all(ANSWER).await?;
        stream.shutdown().await?;
        // A connection that is closed with something unread is reset, and the answer lost with it.
        tokio::io::copy(&mut stream.take(UNREAD_MOST), &mut tokio::io::sink()).await?;
    }
    Ok(true)
}

/// Whether these are the first bytes of an HTTP/1 request.
fn begins_request(start: [u8; 5]) -> bool {
    [b"GET /", b"HEAD ", b"POST ", b"PUT /", b"PATCH", b"DELET", b"OPTIO"].contains(&&start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_what_merely_begins_with_a_letter() {
        assert!(begins_request(*b"GET /") && begins_request(*b"PATCH"));
        assert!(!begins_request(*b"SSH-2") && !begins_request(*b"GET x"));
    }
}
