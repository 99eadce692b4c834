//! An answer that is handed on as it comes, of whatever type and length.

use reqwest::Response;

use super::Error;
use crate::http;

/// So much of an answer is waited for before anything of it is given away: one that breaks off sooner can still be
/// asked for again.
const BEGINNING: usize = 1 << 20;

/// The body of an answer that is a success.
#[derive(Debug)]
pub struct Answer {
    beginning: Vec<u8>,
    /// Where the rest comes from, if there is any.
    rest: Option<Response>,
    host: String,
}

impl Answer {
    pub(super) async fn begin(mut response: Response) -> Result<Self, http::Error> {
        let host = response.url().host_str().unwrap_or_default().to_owned();
        let mut beginning = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| http::Error::network(&host, &error))? {
            beginning.extend_from_slice(&chunk);
            if beginning.len() >= BEGINNING {
                return Ok(Self { beginning, rest: Some(response), host });
            }
        }
        Ok(Self { beginning, rest: None, host })
    }

    /// Hands every piece to `take`, in its order and unchanged.
    ///
    /// # Errors
    /// What `take` says, and [`Error::Http`] when the answer breaks off.
    pub async fn read<E: From<Error>>(self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        take(&self.beginning)?;
        let Some(mut rest) = self.rest else { return Ok(()) };
        let broken = |error| Error::Http(http::Error::network(&self.host, &error));
        while let Some(chunk) = rest.chunk().await.map_err(broken)? {
            take(&chunk)?;
        }
        Ok(())
    }
}
