//! Parts of the time, the oldest first, each about as long as gives a result that is whole.
//!
//! The oldest first, because what a device reports late is then most likely there when its time is asked for. The first
//! part has no beginning and the last one no end, so that nothing depends on this machine's clock.

use super::rowwise::RowByRow;
use super::ticks::Ticks;

/// More than a hundred thousand events in less than this are events with one and the same time.
const NARROWEST: i64 = Ticks::MILLISECOND;
/// Of what a result can have; the next part may have more in the same time.
const WANTED: f64 = 0.8;
/// So many times shorter is a part than one that was too long.
const SHORTER: f64 = 4.0;
/// So many times as long is a part as the one before it, at most.
const LONGER: f64 = 16.0;

/// Where a reading of the whole time has come to.
#[derive(Debug)]
pub struct Slices {
    query: RowByRow,
    begin: Ticks,
    end: Ticks,
    /// Everything before this has been read; nothing, at first.
    from: Option<Ticks>,
    /// The length of the next part, in ticks.
    length: i64,
    /// Between `from` and there is so much, or more, of what a result can have.
    crowd: Option<(Ticks, f64)>,
    is_done: bool,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The query about this part alone.
    pub kql: String,
    /// The first instant of it.
    pub from: Option<Ticks>,
    /// The first instant after it.
    pub to: Option<Ticks>,
}

impl Slices {
    /// The parts of what the query is about. It is most likely between `begin` and `end`.
    #[must_use]
    pub fn new(query: RowByRow, begin: Ticks, end: Ticks) -> Self {
        let length = end.since(begin).max(NARROWEST);
        Self { query, begin, end: begin.plus(length), from: None, length, crowd: None, is_done: false }
    }

    /// The next part: the whole at first.
    #[must_use]
    pub fn current(&self) -> Option<Slice> {
        let to = Some(self.to()).filter(|to| *to < self.end);
        let slice = || Slice { kql: self.query.within(self.from, to), from: self.from, to };
        (!self.is_done).then(slice)
    }

    /// The current part has been read, and was `full` to so much of what a result can have.
    pub fn advance(&mut self, full: f64) {
        let to = self.to();
        self.is_done = to >= self.end;
        self.from = Some(to);
        self.stretch((WANTED / full).clamp(1.0 / SHORTER, LONGER));
        let left = self.crowd.map(|(end, rest)| (end, rest - full));
        self.crowd = left.filter(|(end, rest)| to < *end && *rest > WANTED);
        // What was too much for one result is still ahead: half of the way to its end has it or has not.
        if let Some((end, _)) = self.crowd {
            self.length = self.length.min(end.since(to) / 2).max(NARROWEST);
        }
    }

    /// The current part is too long; `false` when it cannot be shorter.
    pub fn shorten(&mut self) -> bool {
        self.length = self.length.min(self.end.since(self.start()));
        let can_be_shorter = self.length > NARROWEST;
        if can_be_shorter {
            self.crowd = Some((self.to(), 1.0));
            self.stretch(1.0 / SHORTER);
        }
        can_be_shorter
    }

    fn start(&self) -> Ticks {
        self.from.unwrap_or(self.begin)
    }

    fn to(&self) -> Ticks {
        self.start().plus(self.length)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn stretch(&mut self, factor: f64) {
        self.length = ((self.length as f64 * factor) as i64).max(NARROWEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `events`, of which a result has no more than `most`; gives them as they came, how often was asked, and how
    /// many parts could not be read whole.
    #[allow(clippy::cast_precision_loss)]
    fn read(events: &[i64], most: usize, (begin, end): (i64, i64)) -> (Vec<i64>, usize, usize) {
        let query = RowByRow::new("T", Ticks::from(0)).unwrap();
        let mut slices = Slices::new(query, begin.into(), end.into());
        let (mut came, mut asked, mut not_whole) = (Vec::new(), 0, 0);
        while let Some(slice) = slices.current() {
            asked += 1;
            assert!(asked < 10_000, "{slice:?}");
            let is_inside = |event: &&i64| {
                let event = Ticks::from(**event);
                slice.from.is_none_or(|from| from <= event) && slice.to.is_none_or(|to| event < to)
            };
            let mut rows: Vec<i64> = events.iter().filter(is_inside).copied().collect();
            if rows.len() >= most {
                if slices.shorten() {
                    continue;
                }
                not_whole += 1;
                rows.truncate(most);
            }
            slices.advance(rows.len() as f64 / most as f64);
            came.extend(rows);
        }
        (came, asked, not_whole)
    }

    #[test]
    fn what_fits_is_asked_for_once_and_as_it_is() {
        assert_eq!(read(&[-5, 3, 9_000_000_000], 4, (0, Ticks::DAY)), (vec![-5, 3, 9_000_000_000], 1, 0));
    }

    #[test]
    fn every_event_comes_once_in_not_many_more_queries_than_it_takes() {
        let day = Ticks::DAY;
        let even: Vec<i64> = (0..10_000).map(|event| event * (30 * day / 10_000)).collect();
        let (came, asked, not_whole) = read(&even, 1000, (0, 30 * day));
        assert_eq!((came, not_whole), (even.clone(), 0));
        assert!(asked <= 18, "{asked}");
        // Thousands within a second, a quiet week, and some before and after the time that was thought of.
        let mut bursts: Vec<i64> = (0..5000).map(|event| 20 * day + event * 2000).collect();
        bursts.extend((0..3000).map(|event| 27 * day + event * day / 1000));
        bursts.extend((-900..0).chain(31 * day..31 * day + 900));
        bursts.sort_unstable();
        let (came, asked, not_whole) = read(&bursts, 1000, (0, 30 * day));
        assert_eq!((came, not_whole), (bursts, 0));
        assert!(asked <= 80, "{asked}");
    }

    #[test]
    fn more_at_one_instant_than_a_result_can_have_is_known_and_the_rest_still_comes() {
        let day = Ticks::DAY;
        let mut events: Vec<i64> = (0..100).map(|event| event * day / 100).collect();
        events.extend([day / 2 + 50_000; 50]);
        events.sort_unstable();
        let (came, _, not_whole) = read(&events, 20, (0, day));
        assert_eq!((came.len(), not_whole), (100 + 20, 1));
        // All of it after the time that was thought of.
        let (came, _, not_whole) = read(&[2 * day; 50], 20, (0, day));
        assert_eq!((came.len(), not_whole), (20, 1));
    }
}
