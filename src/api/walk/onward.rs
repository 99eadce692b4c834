//! What to ask for after a page that joins, and when there is nothing more.

use jiff::SignedDuration;
use url::Url;

use super::{Ahead, Doubt, Pass, REREAD, Walk, hash};
use crate::api::list::TICK;
use crate::api::{After, Error, List, Page};

/// So many pages in a row without anything new are a list that goes in circles.
const PAGES_WITHOUT_NEWS: usize = 10;
/// So many if they are empty: a service that filters late may have none to give for a while.
const EMPTY_PAGES: usize = 50;
/// So often what was updated meanwhile is read.
const MOST_SWEEPS: usize = 20;
/// An update may show a little later than its time says. Less is allowed for with every sweep: where that time brings
/// more updates than a page holds, there would be no end.
const LATENESS: [SignedDuration; 2] = [SignedDuration::from_secs(60), SignedDuration::from_secs(5)];

impl Walk {
    /// Goes on after `page`, which joins and of whose items so many were new.
    ///
    /// # Errors
    /// As for [`List::after`], and [`Error::GoesInCircles`].
    pub fn go_on(&mut self, list: &impl List, page: &Page, news: usize) -> Result<Ahead, Error> {
        let after = list.after(&self.position(list)?, page)?;
        let overlap = self.overlap_in(list);
        let is_behind = std::mem::take(&mut self.is_behind);
        if !is_behind {
            self.overlap.remember(list, page);
        }
        self.new_pages += usize::from(news > 0);
        self.without_news = if news > 0 || self.to_reread > 0 { 0 } else { self.without_news + 1 };
        let may_repeat = self.may_repeat();
        if self.without_news >= PAGES_WITHOUT_NEWS && is_behind {
            self.doubt = Some(Doubt::Restless);
            return Ok(Ahead::Done);
        }
        let most = if page.is_empty() { EMPTY_PAGES } else { PAGES_WITHOUT_NEWS };
        if self.without_news >= most && !may_repeat {
            return Err(Error::GoesInCircles { pages: self.without_news });
        }
        if may_repeat && self.pages > self.all_pages / 2 + REREAD {
            self.doubt = Some(Doubt::Restless);
            return Ok(Ahead::Done);
        }
        self.overlap.turn();
        let asked_again = std::mem::take(&mut self.asked_again);
        let looked_from = self.looked_from.take();
        let is_news = if may_repeat { self.is_news_of_pass } else { news > 0 };
        if let Some((_, length)) = looked_from.filter(|_| is_news) {
            self.usual_length = Some(self.usual_length.map_or(length, |usual| usual.max(length)));
        }
        let is_usual = self.usual_length.is_some_and(|usual| page.len() >= usual);
        let may_have_more = list.ends_by_length() && !page.is_empty();
        match after {
            // A page that has lost something would look like the last one, too.
            After::End
                if may_have_more && !may_repeat && looked_from.is_none() && !is_usual && !asked_again =>
            {
                self.asked_again = true;
                return Ok(Ahead::Again);
            }
            After::End
                if may_have_more && (is_usual || !may_repeat && (looked_from.is_none() || is_news)) =>
            {
                self.looked_from = Some((self.skip, page.len()));
                self.skip += page.len() - overlap.clamp(1, page.len().max(2) - 1);
                return Ok(Ahead::Again);
            }
            After::End => {
                if let Some((skip, _)) = looked_from.filter(|_| !is_news) {
                    self.skip = skip;
                }
                return Ok(self.end_of_pass());
            }
            After::Full(Some(link)) | After::Short(link) if self.pass == Pass::Links => {
                // What a page lacks that is short, or has nothing new, nothing else would show.
                let is_odd = page.len() < list.top() || news == 0;
                if is_odd && !asked_again && !self.short_pages_are_usual {
                    self.asked_again = true;
                    return Ok(Ahead::Again);
                }
                self.short_pages_are_usual |= asked_again && news == 0;
                self.follow(link)?;
                self.skip += page.len();
            }
            After::Full(link) => {
                self.skip += page.len() - overlap.min(page.len().saturating_sub(1));
                self.link = None;
                self.way = link.map(Into::into);
                if self.doubt == Some(Doubt::LinksOnly) {
                    self.skip += overlap;
                    self.link = self.way.take();
                }
            }
            After::Short(_) if !asked_again && !self.short_pages_are_usual => {
                self.asked_again = true;
            }
            After::Short(link) => {
                self.short_pages_are_usual |= news == 0;
                self.follow(link)?;
                self.skip += page.len();
            }
        }
        Ok(Ahead::More)
    }

    fn follow(&mut self, link: Url) -> Result<(), Error> {
        let hash = hash(&link);
        if self.visited.contains(&hash) {
            let host = link.host_str().unwrap_or_default().to_owned();
            return Err(Error::NotTheApi { host, what: "a page that points back".to_owned() });
        }
        self.visited.push(hash);
        self.link = Some(link.into());
        Ok(())
    }

    fn end_of_pass(&mut self) -> Ahead {
        let is_of_one_moment = self.skip == 0 && self.link.is_none();
        if is_of_one_moment || !self.has_begun {
            return Ahead::Done;
        }
        let Some(began) = self.began else {
            self.doubt = Some(Doubt::Undated);
            return Ahead::Done;
        };
        if self.pass == Pass::Links {
            self.pass = Pass::Look;
            return Ahead::Sweep;
        }
        if self.sweeps >= MOST_SWEEPS {
            self.doubt = Some(Doubt::Restless);
            return Ahead::Done;
        }
        let lateness = LATENESS.get(self.sweeps).copied().unwrap_or_default();
        let next = began.saturating_sub(lateness).unwrap_or(began);
        // Where more than a page was updated at one moment, that has been read by now.
        let is_stuck = self.since.is_some_and(|since| next <= since);
        let since = if is_stuck { self.since.map(|since| since + TICK) } else { Some(next) };
        self.sweeps += 1;
        self.begin(self.pass, since);
        Ahead::Sweep
    }
}
