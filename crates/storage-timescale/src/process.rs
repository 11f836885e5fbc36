//! The number of the process that serves a connection, as the server stated it. It is part of what stops a statement, and a
//! pooler makes up its own: a number that is not that of the process which answers gives the pooler away.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use strikebook_core::Result;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{
    Client,
    tls::{ChannelBinding, TlsConnect, TlsStream},
};

use crate::error::classify;

/// Reads the number out of the request that would stop a statement. The request goes nowhere.
pub(crate) async fn process_id(client: &Client) -> Result<Option<i32>> {
    let request = Recorder::default();
    client.cancel_token().cancel_query_raw(request.clone(), Recorder::default()).await.map_err(classify)?;
    let written = request.0.lock().unwrap_or_else(PoisonError::into_inner);
    // Length, code, process, key, of four bytes each; a request for TLS may stand before.
    let process = written.len().checked_sub(8).and_then(|start| written.get(start..start + 4));
    Ok(process.and_then(|bytes| bytes.try_into().ok()).map(i32::from_be_bytes))
}

/// A stream that keeps what is written to it, and agrees to everything.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<u8>>>);

impl AsyncRead for Recorder {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // The server's word for "TLS it is".
        into.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for Recorder {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl TlsConnect<Self> for Recorder {
    type Stream = Self;
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn connect(self, stream: Self) -> Self::Future {
        ready(Ok(stream))
    }
}
