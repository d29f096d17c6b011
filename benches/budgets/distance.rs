//! A way to the server that takes its time, as one to a cluster elsewhere does: every byte comes later by half a round trip, in order, and
//! no fewer of them at once than without it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Opens a port that leads to the server over the given round trip, for as long as the runtime lives.
pub(crate) async fn open(server: String, round_trip: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(lead(client, server.clone(), round_trip / 2));
        }
    });
    address
}

/// A copy of a kubeconfig whose server is at another address of this machine.
pub(crate) fn moved(kubeconfig: &Path, from: &str, to: SocketAddr) -> PathBuf {
    let text = std::fs::read_to_string(kubeconfig).expect("a kubeconfig");
    let copy = kubeconfig.with_file_name("distant-kubeconfig");
    std::fs::write(&copy, text.replace(from, &to.to_string())).expect("written");
    copy
}

async fn lead(client: TcpStream, server: String, delay: Duration) {
    // A connection is there after a round trip, too.
    tokio::time::sleep(delay * 2).await;
    let Ok(server) = TcpStream::connect(server).await else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("a connection");
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::spawn(carry(from_server, to_client, delay));
    carry(from_client, to_server, delay).await;
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (sender, mut underway) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let arrive = async move {
        while let Some((due, bytes)) = underway.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    let depart = async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now() + delay, buffer[..length].to_vec())).is_err() {
                return;
            }
        }
    };
    tokio::join!(arrive, depart);
}
