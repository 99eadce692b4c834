//! Defender's `devices` and `entities` are one list in Graph: `evidence`.
//!
//! The devices come first in it. Where Graph has them elsewhere, `@graph.evidence` tells their positions; where
//! Defender has one of the lists alone, `@defender.only` tells which.

use std::io::Write;

use super::fields::Kind;
use super::scan::{self, Member, Next};
use super::translator::{Done, Object, Pass};

const DEVICES: &[u8] = b"devices";
const ENTITIES: &[u8] = b"entities";
const POSITIONS: &[u8] = b"@graph.evidence";

impl<'a> Pass<'a> {
    /// `devices` or `entities`, whichever comes first: both are written.
    pub(super) fn join_evidence(
        &mut self,
        object: &mut Object<'a>,
        member: Member,
        before: usize,
    ) -> Option<Done> {
        let json = self.json;
        if object.done.contains(&member.start) {
            return self.dropped(member, before);
        }
        let is_array = |member: &Member| json.get(member.value) == Some(&b'[');
        if !is_array(&member) {
            return self.keep(member).map(Done::InPlace);
        }
        self.flush(before);
        let undo = (self.out.len(), object.empty);
        let are_devices = member.name(json) == DEVICES;
        let end = if are_devices {
            self.begin(object, "evidence");
            self.out.push(b'[');
            self.elements(member, true)?
        } else {
            scan::value(json, member.value)?
        };
        let other = match scan::next(json, end)? {
            Next::More(at) => {
                scan::find(json, at, if are_devices { ENTITIES } else { DEVICES }).filter(is_array)
            }
            Next::End(_) => None,
        };
        match (are_devices, other) {
            (true, Some(entities)) => {
                object.done[0] = entities.start;
                let end = self.elements(entities, false)?;
                if let Some(positions) = self.positions_after(end) {
                    object.done[1] = positions.start;
                    self.out.truncate(undo.0);
                    object.empty = undo.1;
                    self.in_order(object, member, entities, positions)?;
                    return Some(Done::Moved(scan::value(json, member.value)?));
                }
            }
            (false, Some(devices)) => {
                object.done[0] = devices.start;
                self.begin(object, "evidence");
                self.out.push(b'[');
                self.elements(devices, true)?;
                self.elements(member, false)?;
            }
            (_, None) => {
                self.out.truncate(undo.0);
                object.empty = undo.1;
                self.begin(object, "@defender.only");
                self.out.extend_from_slice(if are_devices { b"\"devices\"" } else { b"\"entities\"" });
                self.begin(object, "evidence");
                self.out.push(b'[');
                self.elements(member, are_devices)?;
            }
        }
        self.out.push(b']');
        Some(Done::Moved(end))
    }

    /// Writes the elements of a list after those that are there.
    fn elements(&mut self, list: Member, are_devices: bool) -> Option<usize> {
        let json = self.json;
        let mut next = scan::first(json, list.value);
        loop {
            let at = match next {
                Next::More(at) => at,
                Next::End(end) => return Some(end),
            };
            let end = self.element(at, are_devices)?;
            next = scan::next(json, end)?;
        }
    }

    /// Writes one element, with a comma if another is before it.
    fn element(&mut self, at: usize, is_device: bool) -> Option<usize> {
        if self.out.last().is_some_and(|last| *last != b'[') {
            self.out.push(b',');
        }
        self.copied = at;
        let end = match self.json.get(at)? {
            b'{' if is_device => self.object(Kind::Device, true, at)?,
            b'{' => {
                let (kind, exact) = self.kind_of_entity(at);
                self.object(kind, exact, at)?
            }
            _ => scan::value(self.json, at)?,
        };
        self.flush(end);
        Some(end)
    }

    fn positions_after(&self, end: usize) -> Option<Member> {
        let Next::More(at) = scan::next(self.json, end)? else { return None };
        let member = Member::at(self.json, at)?;
        let is_it = member.name(self.json) == POSITIONS && self.json.get(member.value) == Some(&b'[');
        is_it.then_some(member)
    }

    /// Writes both lists as one, with the devices at their positions.
    fn in_order(
        &mut self,
        object: &mut Object<'a>,
        devices: Member,
        entities: Member,
        positions: Member,
    ) -> Option<()> {
        let json = self.json;
        let end = scan::value(json, positions.value)?;
        let positions: Vec<usize> = serde_json::from_slice(&json[positions.value..end]).unwrap_or_default();
        let mut positions = positions.into_iter().peekable();
        self.begin(object, "evidence");
        self.out.push(b'[');
        let (mut device, mut entity) = (scan::first(json, devices.value), scan::first(json, entities.value));
        for position in 0.. {
            let device_s_turn = positions.next_if_eq(&position).is_some();
            match (device, entity) {
                (Next::More(at), other) if device_s_turn || matches!(other, Next::End(_)) => {
                    device = scan::next(json, self.element(at, true)?)?;
                }
                (_, Next::More(at)) => entity = scan::next(json, self.element(at, false)?)?,
                _ => break,
            }
        }
        self.out.push(b']');
        Some(())
    }

    /// `evidence`: the devices, and then the others.
    pub(super) fn part_evidence(
        &mut self,
        object: &mut Object<'a>,
        member: Member,
        before: usize,
    ) -> Option<Done> {
        let json = self.json;
        if json.get(member.value) != Some(&b'[') {
            return self.keep(member).map(Done::InPlace);
        }
        self.flush(before);
        let undo = (self.out.len(), object.empty);
        self.begin(object, "devices");
        self.out.push(b'[');
        self.buffers.entities.clear();
        self.buffers.positions.clear();
        self.buffers.entities.push(b'[');
        let mut next = scan::first(json, member.value);
        let mut count = 0;
        let end = loop {
            let at = match next {
                Next::More(at) => at,
                Next::End(end) => break end,
            };
            let is_device = json[at] == b'{' && self.kind_of_entity(at).0 == Kind::Device;
            let end = if is_device {
                self.buffers.positions.push(count);
                self.element(at, true)?
            } else {
                std::mem::swap(self.out, &mut self.buffers.entities);
                let end = self.element(at, false);
                std::mem::swap(self.out, &mut self.buffers.entities);
                end?
            };
            count += 1;
            next = scan::next(json, end)?;
        };
        self.out.push(b']');
        let devices = self.buffers.positions.len();
        let entities = count - devices;
        if devices == 0 && object.only == Some(b"\"entities\"") {
            self.out.truncate(undo.0);
            object.empty = undo.1;
        }
        if entities > 0 || object.only != Some(b"\"devices\"") {
            self.begin(object, "entities");
            self.out.extend_from_slice(&self.buffers.entities);
            self.out.push(b']');
        }
        if self.buffers.positions.last().is_some_and(|last| *last != devices - 1) {
            self.begin(object, "@graph.evidence");
            for (index, position) in self.buffers.positions.iter().enumerate() {
                let _ = write!(self.out, "{}{position}", if index == 0 { '[' } else { ',' });
            }
            self.out.push(b']');
        }
        Some(Done::Moved(end))
    }
}
