//! Where the rows come from: one answer, or with `--complete` one for each part of the time.

use anyhow::Result;
use jiff::Timestamp;

use super::Failure;
use super::failure::Span;
use crate::api;
use crate::api::hunting::{self, Answer, MOST_ROWS, Query, RowByRow, Slices};
use crate::cli::connection::SessionClient;
use crate::cli::progress::Progress;
use crate::token::Service;

/// Answers, the oldest rows first, and what became of them.
pub(super) struct Source<'a> {
    query: Query,
    service: Service,
    slices: Option<Slices>,
    progress: &'a Progress,
    /// Rows of all answers.
    pub(super) rows: usize,
    /// How many answers there were.
    pub(super) parts: usize,
    /// What has more rows than a result can have and cannot be divided.
    not_whole: Vec<Span>,
}

impl<'a> Source<'a> {
    /// `query` as it is, or if the result is to be `complete`, of one part of the time after the other.
    ///
    /// # Errors
    /// [`Failure::NotDivisible`].
    pub(super) fn new(
        mut query: Query,
        complete: bool,
        service: Service,
        progress: &'a Progress,
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
        Ok(Self { query, service, slices, progress, rows: 0, parts: 0, not_whole: Vec::new() })
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
            let answer = self.query.run(client, self.service).await?;
            (self.parts, self.rows) = (1, answer.len());
            return Ok(Some(answer));
        };
        while let Some(slice) = slices.current() {
            let query = Query { kql: slice.kql, timespan: self.query.timespan.clone() };
            let answer = match query.run(client, self.service).await {
                Ok(answer) => Some(answer),
                Err(api::Error::Refused(error)) if hunting::is_too_large(&error) => None,
                Err(error) => return Err(error),
            };
            let is_whole = answer.as_ref().is_some_and(|answer| answer.len() < MOST_ROWS);
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
    /// [`Failure::Truncated`] and [`Failure::NotWhole`].
    pub(super) fn is_whole(&self) -> Result<(), Failure> {
        match &self.slices {
            None if self.rows >= MOST_ROWS => Err(Failure::Truncated { rows: self.rows }),
            Some(_) if !self.not_whole.is_empty() => Err(Failure::NotWhole(self.not_whole.clone())),
            _ => Ok(()),
        }
    }
}
