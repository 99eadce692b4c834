//! Entities: what kind one is, and the fields that Graph puts into objects of their own.

use super::Shape;
use super::fields::{DEVICE_TYPE, ENTITIES, Kind};
use super::scan::{self, Member, Next};
use super::translator::{Done, Group, Object, Pass};

impl<'a> Pass<'a> {
    /// The kind of the entity or evidence that begins at `at`, and whether the way back comes to the same.
    pub(super) fn kind_of_entity(&self, at: usize) -> (Kind, bool) {
        let json = self.json;
        let Next::More(first) = scan::first(json, at) else { return (Kind::OtherEntity, true) };
        let text = |name: &[u8]| {
            let member = scan::find(json, first, name)?;
            Some(&json[member.value..scan::value(json, member.value)?])
        };
        let there = |name: &[u8]| text(name).is_some_and(|value| value != b"null");
        let has_value = || there(b"registryValue") || there(b"registryValueType");
        let registry = || if has_value() { Kind::RegistryValue } else { Kind::RegistryKey };
        let name: &[u8] = if self.to == Shape::Graph { b"entityType" } else { b"@odata.type" };
        let Some([b'"', name @ .., b'"']) = text(name) else { return (Kind::OtherEntity, true) };
        if self.to == Shape::Defender && name == DEVICE_TYPE.as_bytes() {
            return (Kind::Device, true);
        }
        let known = ENTITIES.iter().find(|(_, defender, graph)| match self.to {
            Shape::Graph => defender.as_bytes().eq_ignore_ascii_case(name),
            Shape::Defender => graph.as_bytes() == name,
        });
        match known {
            None => (Kind::OtherEntity, true),
            Some((Kind::RegistryKey | Kind::RegistryValue, ..)) if self.to == Shape::Graph => {
                (registry(), true)
            }
            Some((kind @ (Kind::RegistryKey | Kind::RegistryValue), ..)) => (*kind, *kind == registry()),
            Some((kind, ..)) => (*kind, true),
        }
    }

    /// Writes the type that a device has in Graph, after its opening bracket, which ends at `end`.
    pub(super) fn write_type_of_device(&mut self, end: usize, next: Next) {
        self.replace(end, end, "\"@odata.type\":\"");
        self.out.extend_from_slice(DEVICE_TYPE.as_bytes());
        self.out.extend_from_slice(if matches!(next, Next::More(_)) { b"\"," } else { b"\"" });
    }

    /// `entityType` or `@odata.type`
    pub(super) fn entity_type(&mut self, object: &Object<'a>, member: Member, before: usize) -> Option<Done> {
        let Some((defender, graph)) = object.kind.entity_types() else {
            return self.dropped(member, before);
        };
        let (ours, name, theirs) = match self.to {
            Shape::Graph => (defender, "@odata.type", graph),
            Shape::Defender => (graph, "entityType", defender),
        };
        if object.restored == name.as_bytes() {
            return self.dropped(member, before);
        }
        let end = scan::value(self.json, member.value)?;
        let [b'"', value @ .., b'"'] = &self.json[member.value..end] else {
            return Some(Done::InPlace(end));
        };
        if !object.exact_kind || value != ours.as_bytes() {
            self.keep_original(member, end);
        }
        self.replace(member.start + 1, member.name_end, name);
        self.replace(member.value + 1, end - 1, theirs);
        Some(Done::InPlace(end))
    }

    /// A field that is a member of a group in Graph's shape.
    pub(super) fn move_into_group(
        &mut self,
        group: usize,
        name: &str,
        member: Member,
        before: usize,
    ) -> Option<Done> {
        self.flush(before);
        let end = scan::value(self.json, member.value)?;
        let members = &mut self.buffers.groups[group];
        members.extend_from_slice(if members.is_empty() { b"\"" } else { b",\"" });
        members.extend_from_slice(name.as_bytes());
        members.extend_from_slice(b"\":");
        members.extend_from_slice(&self.json[member.value..end]);
        Some(Done::Moved(end))
    }

    /// A group in Graph's shape, or what Defender's keeps of one.
    pub(super) fn group(
        &mut self,
        group: usize,
        object: &mut Object<'a>,
        member: Member,
        before: usize,
    ) -> Option<Done> {
        let json = self.json;
        let is_object = json.get(member.value) == Some(&b'{');
        match self.to {
            Shape::Graph => {
                self.flush(before);
                let end = scan::value(json, member.value)?;
                // What Defender has under a name of Graph's own would be there twice, or come back as something else.
                let is_rest = is_object && !self.is_of_its_own(object.kind.groups()[group].1, member);
                object.groups[group] = if is_rest { Group::Rest } else { Group::Other(member.value..end) };
                if is_rest {
                    append(&mut self.buffers.groups[group], json[member.value + 1..end - 1].trim_ascii());
                }
                Some(Done::Moved(end))
            }
            Shape::Defender if is_object => self.out_of_group(group, object, member, before),
            Shape::Defender => scan::value(json, member.value).map(Done::InPlace),
        }
    }

    /// Whether the object would be another on the way back.
    fn is_of_its_own(&self, names: &[(&str, &str)], member: Member) -> bool {
        let Next::More(first) = scan::first(self.json, member.value) else { return true };
        names.iter().any(|(_, graph)| scan::find(self.json, first, graph.as_bytes()).is_some())
    }

    fn out_of_group(
        &mut self,
        group: usize,
        object: &mut Object<'a>,
        of: Member,
        before: usize,
    ) -> Option<Done> {
        let json = self.json;
        let (name, members) = object.kind.groups()[group];
        self.flush(before);
        let mut next = scan::first(json, of.value);
        let was_empty = matches!(next, Next::End(_));
        let end = loop {
            let start = match next {
                Next::More(start) => start,
                Next::End(end) => break end,
            };
            let member = Member::at(json, start)?;
            let end = scan::value(json, member.value)?;
            match members.iter().find(|(_, graph)| graph.as_bytes() == member.name(json)) {
                Some((defender, _)) => {
                    self.begin(object, defender);
                    self.out.extend_from_slice(&json[member.value..end]);
                }
                None => append(&mut self.buffers.groups[group], &json[start..end]),
            }
            next = scan::next(json, end)?;
        };
        if was_empty || !self.buffers.groups[group].is_empty() {
            self.begin(object, name);
            self.out.push(b'{');
            self.out.extend_from_slice(&self.buffers.groups[group]);
            self.out.push(b'}');
        }
        Some(Done::Moved(end))
    }

    /// Writes the groups before the closing bracket.
    pub(super) fn close_groups(&mut self, object: &mut Object<'a>, end: usize) {
        let json = self.json;
        self.flush(end - 1);
        for (group, (name, _)) in object.kind.groups().iter().enumerate() {
            let kept = std::mem::take(&mut object.groups[group]);
            let is_empty = self.buffers.groups[group].is_empty();
            if !is_empty || matches!(kept, Group::Rest) {
                self.begin(object, name);
                self.out.push(b'{');
                self.out.extend_from_slice(&self.buffers.groups[group]);
                self.out.push(b'}');
            }
            if let Group::Other(value) = kept {
                let has_members = json.get(value.start) == Some(&b'{')
                    && matches!(scan::first(json, value.start), Next::More(_));
                if is_empty && !has_members {
                    self.begin(object, name);
                } else {
                    let kept_name = [self.from.prefix(), name].concat();
                    self.begin(object, &kept_name);
                }
                self.out.extend_from_slice(&json[value]);
            }
        }
    }
}

fn append(members: &mut Vec<u8>, more: &[u8]) {
    if !members.is_empty() && !more.is_empty() {
        members.push(b',');
    }
    members.extend_from_slice(more);
}
