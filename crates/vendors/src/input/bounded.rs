//! A limit on the bytes of a text.

use std::io::{self, BufRead, Read};

/// A text limited to a number of bytes. Reading beyond is an error of the kind
/// [`FileTooLarge`](io::ErrorKind::FileTooLarge), whose text is the refusal.
#[derive(Debug)]
pub(crate) struct Bounded<R> {
    inner: R,
    left: u64,
    refusal: &'static str,
}

impl<R> Bounded<R> {
    pub(crate) const fn new(inner: R, limit: u64, refusal: &'static str) -> Self {
        Self { inner, left: limit, refusal }
    }

    /// Sets the number of bytes that may still be read.
    #[cfg(feature = "brokers")]
    pub(crate) const fn allow(&mut self, limit: u64) {
        self.left = limit;
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let text = self.inner.fill_buf()?;
        if self.left == 0 && !text.is_empty() {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, self.refusal));
        }
        let allowed = usize::try_from(self.left).unwrap_or(usize::MAX).min(text.len());
        Ok(text.split_at(allowed).0)
    }

    fn consume(&mut self, read: usize) {
        self.left = self.left.saturating_sub(read as u64);
        self.inner.consume(read);
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_be_as_long_as_its_limit() {
        let read = |limit| {
            let mut text = String::new();
            Bounded::new(&b"12345"[..], limit, "too long").read_to_string(&mut text).map(|_| text)
        };
        assert_eq!(read(6).expect("shorter"), "12345");
        assert_eq!(read(5).expect("as long"), "12345");
        let error = read(4).expect_err("longer");
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::FileTooLarge, "too long"));
    }
}
