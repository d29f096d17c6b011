//! The transport that stays in the process: requests go straight to the API layer's entry function.

use std::error::Error as StdError;
use std::future::Future;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use kube::client::Body;
use tower::{BoxError, Service};

use super::{Client, Target};

/// A client whose requests are answered by `handle`, the entry of an API layer in the same process.
///
/// `target` is what messages name. Must be called inside a tokio runtime.
pub fn in_process<H, F, B>(handle: H, default_namespace: &str, target: Target) -> Client
where
    H: Fn(Request<Full<Bytes>>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    Client::new(kube::Client::new(InProcess { handle }, default_namespace), target)
}

struct InProcess<H> {
    handle: H,
}

impl<H, F, B> Service<Request<Body>> for InProcess<H>
where
    H: Fn(Request<Full<Bytes>>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let handle = self.handle.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(handle(Request::from_parts(parts, Full::new(body))).await)
        })
    }
}
