//! Connections that can be cut: the answer's bytes go out as far as the cord is long.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// What is said instead of an answer.
const CHATTER: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What holds a connection: how much may still be written, and how much idle talk comes first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cord(Arc<Length>);

#[derive(Debug)]
struct Length {
    left: AtomicUsize,
    chatter: AtomicUsize,
}

impl Default for Length {
    fn default() -> Self {
        Self { left: AtomicUsize::new(usize::MAX), chatter: AtomicUsize::new(0) }
    }
}

impl Cord {
    /// After so many bytes the connection breaks.
    pub(crate) fn cut_after(&self, bytes: usize) {
        self.0.left.store(bytes, Ordering::SeqCst);
    }

    /// Says "100 Continue" so many times, and then the connection breaks.
    pub(crate) fn chatter(&self, times: usize) {
        self.0.chatter.store(times, Ordering::SeqCst);
        self.cut_after(0);
    }
}

/// A listener whose connections hang on cords.
#[derive(Debug)]
pub(crate) struct Tied(pub(crate) TcpListener);

impl Listener for Tied {
    type Io = Wire;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (Wire { stream, cord: Cord::default() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Tied>> for Cord {
    fn connect_info(stream: IncomingStream<'_, Tied>) -> Self {
        stream.io().cord.clone()
    }
}

/// A connection on its cord.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    cord: Cord,
}

impl Wire {
    fn broken(&self) -> io::Error {
        // The other side sees a reset, not an orderly end. Where that cannot be had, the end does.
        let _reset = self.stream.set_zero_linger();
        io::Error::from(ErrorKind::ConnectionReset)
    }

    fn talk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while self.cord.0.chatter.load(Ordering::SeqCst) > 0 {
            let said = Pin::new(&mut self.stream).poll_write(cx, CHATTER);
            if !matches!(said, Poll::Ready(Ok(_))) {
                return said;
            }
            self.cord.0.chatter.fetch_sub(1, Ordering::SeqCst);
        }
        Poll::Ready(Err(self.broken()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = self.cord.0.left.load(Ordering::SeqCst);
        if left == 0 {
            return self.talk(cx);
        }
        let part = bytes.get(..left).unwrap_or(bytes);
        let written = Pin::new(&mut self.stream).poll_write(cx, part);
        if let Poll::Ready(Ok(written)) = &written
            && left != usize::MAX
        {
            self.cord.0.left.store(left - written, Ordering::SeqCst);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cord.0.left.load(Ordering::SeqCst) == 0 {
            return Poll::Ready(Err(self.broken()));
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
