//! A provider that reads vendors' files.

use std::{io, path::PathBuf};

use async_trait::async_trait;
use strikebook_core::{Error, ErrorKind, Name, Result, Timestamp};
use strikebook_vendors::{Batch, ReadOptions, RecordedAt, read_file};

use super::{ChainRequest, PriceRequest, Provider, ProviderResponse};

/// A provider that reads vendors' files, one for each underlying, named after the symbol.
#[derive(Clone, Debug)]
pub struct FileProvider {
    name: Name,
    folder: PathBuf,
    suffix: String,
}

impl FileProvider {
    /// Creates a provider that reads the file `SYMBOL` + `suffix` in a folder, such as `SPY_quotes.csv`. The rows'
    /// `recorded_at` is the instant of the fetch.
    pub fn new(name: Name, folder: impl Into<PathBuf>, suffix: impl Into<String>) -> Self {
        Self { name, folder: folder.into(), suffix: suffix.into() }
    }

    /// Reads the file of a symbol. Without the file the response is empty. A file with an unreadable row is refused,
    /// since a part of a chain is not the chain.
    async fn read(&self, symbol: &str, now: Timestamp) -> Result<ProviderResponse<Batch>> {
        let path = self.folder.join(format!("{symbol}{}", self.suffix));
        let options = ReadOptions::default().with_recorded_at(RecordedAt::At(now));
        let read = tokio::task::spawn_blocking(move || {
            let bytes = match path.metadata() {
                Ok(file) => file.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(ProviderResponse::Empty { retry_after: None });
                }
                Err(error) => {
                    let kind = match error.kind() {
                        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                        _ => ErrorKind::Unavailable,
                    };
                    return Err(Error::new(kind, "cannot read the file").with("path", path.display()).caused_by(error));
                }
            };
            let mut reader = read_file(&path, &options)?;
            let mut batch = Batch::default();
            for record in reader.by_ref() {
                batch.push(record?);
            }
            match reader.report().rejections.first() {
                None => Ok(ProviderResponse::Data { batch, bytes }),
                Some(rejection) => Err(Error::corrupt("the file has a row that cannot be read").with("row", rejection)),
            }
        });
        read.await
            .map_err(|error| Error::new(ErrorKind::Internal, "the reader of the file panicked").caused_by(error))?
    }
}

#[async_trait]
impl Provider<ChainRequest> for FileProvider {
    fn name(&self) -> Name {
        self.name
    }

    async fn fetch(&self, request: &ChainRequest, now: Timestamp) -> Result<ProviderResponse<Batch>> {
        self.read(request.underlying.as_str(), now).await
    }
}

#[async_trait]
impl Provider<PriceRequest> for FileProvider {
    fn name(&self) -> Name {
        self.name
    }

    async fn fetch(&self, request: &PriceRequest, now: Timestamp) -> Result<ProviderResponse<Batch>> {
        self.read(request.symbol.as_str(), now).await
    }
}
