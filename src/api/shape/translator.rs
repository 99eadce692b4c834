//! Goes through the text once and writes it in the other shape.

use std::ops::Range;
use std::sync::LazyLock;

use super::Shape;
use super::fields::{Action, Kind, Tables};
use super::scan::{self, Member, Next};

static TO_DEFENDER: LazyLock<Tables> = LazyLock::new(|| Tables::new(Shape::Defender));
static TO_GRAPH: LazyLock<Tables> = LazyLock::new(|| Tables::new(Shape::Graph));

/// What was to be translated is not a whole JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotJson;

/// Translates what one service sends into the shape of another. It keeps its memory from one object to the next.
pub struct Translator {
    from: Shape,
    to: Shape,
    buffers: Buffers,
}

/// What is written apart, to be put where it belongs later.
#[derive(Default)]
pub(super) struct Buffers {
    /// The entities, while the devices go out.
    pub(super) entities: Vec<u8>,
    /// Where the devices were among them.
    pub(super) positions: Vec<usize>,
    /// The members of groups.
    pub(super) groups: [Vec<u8>; 2],
}

impl Translator {
    /// For objects that are in the shape `from`.
    #[must_use]
    pub fn new(from: Shape, to: Shape) -> Self {
        Self { from, to, buffers: Buffers::default() }
    }

    /// Appends an incident, with its alerts if it has any.
    ///
    /// # Errors
    /// [`NotJson`], and then nothing is appended.
    pub fn incident(&mut self, json: &str, out: &mut Vec<u8>) -> Result<(), NotJson> {
        self.object(Kind::Incident, json, out)
    }

    /// Appends an alert.
    ///
    /// # Errors
    /// [`NotJson`], and then nothing is appended.
    pub fn alert(&mut self, json: &str, out: &mut Vec<u8>) -> Result<(), NotJson> {
        self.object(Kind::Alert, json, out)
    }

    /// Appends the results of a hunting query. The rows are as they were: their columns are the query's.
    ///
    /// # Errors
    /// [`NotJson`], and then nothing is appended.
    pub fn hunting(&mut self, json: &str, out: &mut Vec<u8>) -> Result<(), NotJson> {
        self.object(Kind::Hunting, json, out)
    }

    fn object(&mut self, kind: Kind, json: &str, out: &mut Vec<u8>) -> Result<(), NotJson> {
        if self.from == self.to {
            out.extend_from_slice(json.as_bytes());
            return Ok(());
        }
        let before = out.len();
        let tables: &Tables = match self.to {
            Shape::Defender => &TO_DEFENDER,
            Shape::Graph => &TO_GRAPH,
        };
        let json = json.as_bytes();
        let buffers = &mut self.buffers;
        let mut pass = Pass { json, out, copied: 0, from: self.from, to: self.to, tables, buffers };
        let whole = pass.whole(kind);
        whole.ok_or_else(|| {
            out.truncate(before);
            NotJson
        })
    }
}

/// One way through a text.
pub(super) struct Pass<'a> {
    pub(super) json: &'a [u8],
    pub(super) out: &'a mut Vec<u8>,
    /// The text up to here has been dealt with.
    pub(super) copied: usize,
    pub(super) from: Shape,
    pub(super) to: Shape,
    pub(super) tables: &'static Tables,
    pub(super) buffers: &'a mut Buffers,
}

/// An object while it is gone through.
pub(super) struct Object<'a> {
    pub(super) kind: Kind,
    /// Nothing has been written into it yet.
    pub(super) empty: bool,
    /// The field that has been given back its original, so that the translated one is superfluous.
    pub(super) restored: &'a [u8],
    /// The one list that the alert had in Defender's shape.
    pub(super) only: Option<&'a [u8]>,
    /// Fields that have been dealt with ahead of their turn, by where they begin.
    pub(super) done: [usize; 2],
    /// Whether the way back would come to the same kind of entity.
    pub(super) exact_kind: bool,
    pub(super) groups: [Group; 2],
}

/// What Defender's shape has under the name of a group of Graph's.
#[derive(Debug, Clone, Default)]
pub(super) enum Group {
    #[default]
    Absent,
    /// Members without a counterpart, or none.
    Rest,
    /// Something else than an object.
    Other(Range<usize>),
}

/// Where a field ends, and whether it stays where it was: otherwise so does not its comma.
pub(super) enum Done {
    InPlace(usize),
    Moved(usize),
}

impl<'a> Pass<'a> {
    fn whole(&mut self, kind: Kind) -> Option<()> {
        let start = scan::space(self.json, 0);
        if self.json.get(start) != Some(&b'{') {
            return None;
        }
        let end = self.object(kind, true, start)?;
        self.flush(end);
        (scan::space(self.json, end) == self.json.len()).then_some(())
    }

    /// Copies the text up to there, unless it has been dealt with.
    #[inline]
    pub(super) fn flush(&mut self, end: usize) {
        if end > self.copied {
            self.out.extend_from_slice(&self.json[self.copied..end]);
            self.copied = end;
        }
    }

    /// Copies the text up to `start`, and writes `text` in place of what is between there and `end`.
    #[inline]
    pub(super) fn replace(&mut self, start: usize, end: usize, text: &str) {
        self.flush(start);
        self.out.extend_from_slice(text.as_bytes());
        self.copied = end;
    }

    /// The object that begins at `at`; returns where it ends.
    pub(super) fn object(&mut self, kind: Kind, exact_kind: bool, at: usize) -> Option<usize> {
        let json = self.json;
        let actions = self.tables.actions(kind);
        let mut object = Object {
            kind,
            empty: true,
            restored: &[],
            only: None,
            done: [usize::MAX; 2],
            exact_kind,
            groups: [Group::Absent, Group::Absent],
        };
        let mut end = at + 1;
        let mut next = scan::first(json, at);
        if kind == Kind::Device && self.to == Shape::Graph {
            self.write_type_of_device(end, next);
            object.empty = false;
        }
        for group in &mut self.buffers.groups[..kind.groups().len()] {
            group.clear();
        }
        let end_of_object = loop {
            let start = match next {
                Next::More(start) => start,
                Next::End(end) => break end,
            };
            let member = Member::at(json, start)?;
            let name = member.name(json);
            let done = match actions.get(name) {
                None if name.first() == Some(&b'@') => self.annotation(&mut object, member, end)?,
                None => Done::InPlace(scan::value(json, member.value)?),
                Some(action) => self.act(*action, &mut object, member, end)?,
            };
            match done {
                Done::InPlace(at) => {
                    object.empty = false;
                    end = at;
                    next = scan::next(json, end)?;
                }
                Done::Moved(at) => {
                    end = at;
                    next = scan::next(json, end)?;
                    self.copied = match next {
                        Next::More(more) if object.empty => more,
                        _ => end,
                    };
                }
            }
        };
        if self.to == Shape::Graph && !kind.groups().is_empty() {
            self.close_groups(&mut object, end_of_object);
        }
        Some(end_of_object)
    }

    /// `before` is where the field before this one ends.
    fn act(
        &mut self,
        action: Action,
        object: &mut Object<'a>,
        member: Member,
        before: usize,
    ) -> Option<Done> {
        match action {
            Action::Field(name, is_new, value) => {
                if object.restored == name.as_bytes() {
                    return self.dropped(member, before);
                }
                self.field(is_new.then_some(name), value, member).map(Done::InPlace)
            }
            Action::Foreign => self.keep(member).map(Done::InPlace),
            Action::Into(group, name) => self.move_into_group(group, name, member, before),
            Action::Group(group) => self.group(group, object, member, before),
            Action::Type => self.entity_type(object, member, before),
            Action::Evidence if self.to == Shape::Graph => self.join_evidence(object, member, before),
            Action::Evidence => self.part_evidence(object, member, before),
        }
    }

    pub(super) fn dropped(&mut self, member: Member, before: usize) -> Option<Done> {
        self.flush(before);
        scan::value(self.json, member.value).map(Done::Moved)
    }

    /// Writes the field as it is, under the name that leads back to it, before what it is in the other shape.
    pub(super) fn keep_original(&mut self, member: Member, end: usize) {
        let json = self.json;
        self.replace(member.start, member.start, "\"");
        self.out.extend_from_slice(self.from.prefix().as_bytes());
        self.out.extend_from_slice(&json[member.start + 1..end]);
        self.out.push(b',');
    }

    /// Keeps a field whose name means something else in the other shape.
    pub(super) fn keep(&mut self, member: Member) -> Option<usize> {
        self.replace(member.start + 1, member.start + 1, self.from.prefix());
        scan::value(self.json, member.value)
    }

    /// A field whose name begins with `@` and is in no table.
    fn annotation(&mut self, object: &mut Object<'a>, member: Member, before: usize) -> Option<Done> {
        let json = self.json;
        let name = member.name(json);
        if name.starts_with(self.from.prefix().as_bytes()) {
            return self.keep(member).map(Done::InPlace);
        }
        let Some(original) = name.strip_prefix(self.to.prefix().as_bytes()) else {
            return scan::value(json, member.value).map(Done::InPlace);
        };
        if object.done.contains(&member.start) {
            return self.dropped(member, before);
        }
        if original == b"only" {
            let end = scan::value(json, member.value)?;
            object.only = Some(&json[member.value..end]);
            return self.dropped(member, before);
        }
        object.restored = original;
        self.replace(member.start + 1, member.start + 1 + self.to.prefix().len(), "");
        scan::value(json, member.value).map(Done::InPlace)
    }

    /// Begins a field that is not where it was.
    pub(super) fn begin(&mut self, object: &mut Object<'a>, name: &str) {
        if !std::mem::take(&mut object.empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}
