//! Where the rows come from: one answer, or with `--complete` one for each part of the time.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

use super::Failure;
use super::failure::Span;
use crate::api;
use crate::api::hunting::{self, Answer, Query, RowByRow, Slices, UsedUp};
use crate::cli::connection::SessionClient;
use crate::cli::progress::Progress;
use crate::http::retry::{Observer, Waits};
use crate::token::Service;

/// After a refusal that does not say when to come back.
const FIRST_WAIT: Duration = Duration::from_secs(15);

/// Answers, the oldest rows first, and what became of them.
pub(super) struct Answers<'a> {
    query: Query,
    service: Service,
    slices: Option<Slices>,
    progress: &'a Progress,
    /// The longest to wait for an answer, and who is told.
    patience: (Duration, Observer<'a>),
    /// Rows of all answers.
    pub(super) rows: usize,
    /// How many answers there were.
    pub(super) parts: usize,
    /// The bytes of the longest answer.
    longest: usize,
    /// What has more rows than a result can have and cannot be divided.
    not_whole: Vec<Span>,
}

impl<'a> Answers<'a> {
    /// `query` as it is, or if the result is to be `complete`, of one part of the time after the other.
    ///
    /// # Errors
    /// [`Failure::NotDivisible`].
    pub(super) fn new(
        mut query: Query,
        complete: bool,
        service: Service,
        progress: &'a Progress,
        patience: (Duration, Observer<'a>),
    ) -> Result<Self, Failure> {
        let mut slices = None;
        if complete {
            let now = Timestamp::now();
            let row_by_row = RowByRow::new(&query.kql, now.into()).map_err(Failure::NotDivisible)?;
            // What is relative to now stays where it is while the parts are read.
            query.timespan = query.timespan.map(|timespan| timespan.fixed(now));
            let (begin, end) = hunting::bounds(query.timespan.as_ref(), now);
            slices = Some(Slices::new(row_by_row, begin, end));
        }
        Ok(Self {
            query,
            service,
            slices,
            progress,
            patience,
            rows: 0,
            parts: 0,
            longest: 0,
            not_whole: Vec::new(),
        })
    }

    /// The next answer.
    ///
    /// # Errors
    /// What the service or the network says.
    pub(super) async fn next(&mut self, client: &SessionClient<'_>) -> Result<Option<Answer>, api::Error> {
        let Some(slices) = &mut self.slices else {
            if self.parts > 0 {
                return Ok(None);
            }
            let answer = asked(&self.query, client, self.service, self.patience).await?;
            (self.parts, self.rows, self.longest) = (1, answer.len(), answer.whole().len());
            return Ok(Some(answer));
        };
        while let Some(slice) = slices.current() {
            let query = Query { kql: slice.kql, timespan: self.query.timespan.clone() };
            let answer = match asked(&query, client, self.service, self.patience).await {
                Ok(answer) => Some(answer),
                Err(api::Error::Refused(error)) if hunting::is_too_large(&error) => None,
                Err(error) => return Err(error),
            };
            let is_whole = answer.as_ref().is_some_and(|answer| answer.fullness(self.service) < 1.0);
            if !is_whole {
                if slices.shorten() {
                    if let Some(answer) = answer {
                        client.recycle(answer.into_bytes());
                    }
                    continue;
                }
                self.not_whole.push(Span { from: slice.from, to: slice.to });
            }
            slices.advance(answer.as_ref().map_or(1.0, |answer| answer.fullness(self.service)));
            let Some(answer) = answer else { continue };
            self.parts += 1;
            self.rows += answer.len();
            let (rows, to) = (self.rows, slice.to);
            self.progress.say(|| match to {
                Some(to) => format!("{rows} rows, up to {to} …"),
                None => format!("{rows} rows …"),
            });
            return Ok(Some(answer));
        }
        Ok(None)
    }

    /// Where the reading has come to, if it has come anywhere and not to the end.
    pub(super) fn read_until(&self) -> Option<String> {
        self.slices.as_ref()?.current()?.from.filter(|_| self.parts > 0).map(|time| time.to_string())
    }

    /// Whether everything there is has come.
    ///
    /// # Errors
    /// [`Failure::Truncated`], [`Failure::AtTheLimit`] and [`Failure::NotWhole`].
    pub(super) fn is_whole(&self) -> Result<(), Failure> {
        match &self.slices {
            None if self.rows >= hunting::MOST_ROWS => Err(Failure::Truncated { rows: self.rows }),
            None if self.longest >= hunting::most_bytes(self.service) => {
                Err(Failure::AtTheLimit { bytes: self.longest, service: self.service })
            }
            Some(_) if !self.not_whole.is_empty() => Err(Failure::NotWhole(self.not_whole.clone())),
            _ => Ok(()),
        }
    }
}

/// What `query` gives, once the tenant has not used up the engine any more.
async fn asked(
    query: &Query,
    client: &SessionClient<'_>,
    service: Service,
    (max_wait, waiting): (Duration, Observer<'_>),
) -> Result<Answer, api::Error> {
    let mut waits = Waits::new(FIRST_WAIT, max_wait);
    loop {
        let error = match query.run(client, service).await {
            Err(api::Error::Refused(error)) => error,
            outcome => return outcome,
        };
        let Some(used_up) = UsedUp::of(&error) else { return Err(api::Error::Refused(error)) };
        match waits.next(used_up.wait) {
            Ok(wait) => {
                waiting(&format!("the service is busy: {error}"), wait);
                tokio::time::sleep(wait).await;
            }
            Err(wait) => return Err(api::Error::Throttled { wait, error }),
        }
    }
}
