//! A server of the API over HTTP without TLS, which counts what it is asked and can be told to keep answers back.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use trueup::ambient::Ambient;
use trueup::api::{Api, Body};
use trueup::auth::Identity;
use trueup::store::MemoryStore;

use super::cli::{NOW, PATIENCE};

/// Whether something holds for a request, given as `METHOD path?query`.
type Says = fn(&str) -> bool;

/// Requests that are not answered as others are.
#[derive(Clone, Copy)]
struct Exceptions {
    /// They are not answered before [`Recorder::release`].
    held: Says,
    /// They are refused, as to somebody who may not ask them.
    refused: Says,
    /// They are taken as asked without credentials.
    anonymous: Says,
    /// They are answered as where nothing is served at the path.
    unserved: Says,
}

impl Exceptions {
    const NONE: Self = Self { held: |_| false, refused: |_| false, anonymous: |_| false, unserved: |_| false };
}

/// Whether the server lives, and how much longer.
#[derive(Clone, Copy)]
struct Life {
    /// How many more requests are answered; the one after them is the end.
    answers: usize,
    alive: bool,
}

impl Life {
    const ENDLESS: Self = Self { answers: usize::MAX, alive: true };

    /// Whether one more request is answered.
    fn answers(&mut self) -> bool {
        match self.answers.checked_sub(1) {
            Some(left) => self.answers = left,
            None => self.alive = false,
        }
        self.alive
    }
}

/// An API over an empty memory store on a port of its own, for as long as it is kept.
pub(crate) struct Recorder {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
    held: Receiver<String>,
    released: watch::Sender<bool>,
    life: watch::Sender<Life>,
    _runtime: Runtime,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        Self::with(Exceptions::NONE)
    }

    /// A server that does not answer some requests before it is told to.
    pub(crate) fn holding(held: Says) -> Self {
        Self::with(Exceptions { held, ..Exceptions::NONE })
    }

    /// A server that does not let anybody ask some requests.
    pub(crate) fn refusing(refused: Says) -> Self {
        Self::with(Exceptions { refused, ..Exceptions::NONE })
    }

    /// A server that takes everybody for nobody.
    pub(crate) fn to_anybody() -> Self {
        Self::with(Exceptions { anonymous: |_| true, ..Exceptions::NONE })
    }

    /// A server that knows nothing of some paths.
    pub(crate) fn without(unserved: Says) -> Self {
        Self::with(Exceptions { unserved, ..Exceptions::NONE })
    }

    fn with(exceptions: Exceptions) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (hold, held) = channel();
        let released = watch::Sender::new(false);
        let life = watch::Sender::new(Life::ENDLESS);
        runtime.spawn(serve(listener, Arc::clone(&asked), exceptions, hold, released.subscribe(), life.clone()));
        Self { url, asked, held, released, life, _runtime: runtime }
    }

    /// Answers so many more requests. With the next one, all connections end without another word, and no new one is served.
    pub(crate) fn die_after(&self, answers: usize) {
        self.life.send_replace(Life { answers, alive: true });
    }

    /// Ends all connections, and serves no new one.
    pub(crate) fn die(&self) {
        self.life.send_replace(Life { answers: 0, alive: false });
    }

    /// Serves as before, with what the server had.
    pub(crate) fn revive(&self) {
        self.life.send_replace(Life::ENDLESS);
    }

    /// Waits for a request that is not answered.
    pub(crate) fn wait_until_holding(&self) {
        self.wait_until_holding_one("");
    }

    /// Waits for one that is not answered and holds a text.
    pub(crate) fn wait_until_holding_one(&self, text: &str) {
        while !self.held.recv_timeout(PATIENCE).unwrap().contains(text) {}
    }

    /// Answers what is held, now and from now on.
    pub(crate) fn release(&self) {
        self.released.send_replace(true);
    }

    /// Writes the status of the object at a path, as its controller would.
    pub(crate) fn put_status(&self, path: &str, status: &str) {
        let mut stream = std::net::TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        let body = format!(r#"{{"status":{status}}}"#);
        let head =
            format!("PATCH {path}/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/merge-patch+json\r\n");
        stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    /// What was asked since the last time this was asked, as `METHOD path?query`, sorted.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }
}

async fn serve(
    listener: TcpListener,
    asked: Arc<Mutex<Vec<String>>>,
    exceptions: Exceptions,
    hold: Sender<String>,
    released: watch::Receiver<bool>,
    life: watch::Sender<Life>,
) {
    let api = Api::open(Arc::new(MemoryStore::new()), Ambient::pinned(NOW.parse().unwrap())).await.unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        if !life.borrow().alive {
            continue;
        }
        let (api, asked, hold, released) = (api.clone(), Arc::clone(&asked), hold.clone(), released.clone());
        let (answering, mut living) = (life.clone(), life.subscribe());
        let service = service_fn(move |request: Request<Incoming>| {
            let (api, asked, hold, mut released) = (api.clone(), Arc::clone(&asked), hold.clone(), released.clone());
            let mut answered = false;
            answering.send_modify(|life| answered = life.answers());
            async move {
                if !answered {
                    return Err(io::Error::other("the server is gone"));
                }
                let line = format!("{} {}", request.method(), request.uri());
                let (held, refused, anonymous) = ((exceptions.held)(&line), (exceptions.refused)(&line), (exceptions.anonymous)(&line));
                asked.lock().unwrap().push(line.clone());
                if (exceptions.unserved)(&line) {
                    return Ok(http::Response::builder().status(404).body(Body::whole("404 page not found\n")).unwrap());
                }
                if held {
                    // A test that does not wait has nobody to tell.
                    let _ = hold.send(line);
                    if released.wait_for(|released| *released).await.is_err() {
                        // The server is being dropped, and what it held is never answered.
                        return std::future::pending().await;
                    }
                }
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map_or_else(|_| Full::default(), |body| Full::new(body.to_bytes()));
                let who = match (refused, anonymous) {
                    (_, true) => Identity::anonymous(),
                    (true, false) => Identity::new("bob", Vec::new()),
                    (false, false) => Identity::in_process(),
                };
                Ok(api.handle(&who, Request::from_parts(parts, body)).await)
            }
        });
        let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            tokio::select! {
                // A client that goes away is no failure of the test.
                _ = connection => {}
                _ = living.wait_for(|life| !life.alive) => {}
            }
        });
    }
}
