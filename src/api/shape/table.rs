//! A fixed set of names, each with what it stands for, found by a glance at four of its bytes.

const SLOTS: usize = 256;
const NOTHING: u8 = u8::MAX;

/// Names and what they stand for.
pub(super) struct Table<V> {
    slots: [u8; SLOTS],
    entries: Vec<(&'static str, V)>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { slots: [NOTHING; SLOTS], entries: Vec::new() }
    }
}

impl<V> Table<V> {
    /// Adds a name, unless it is there already.
    pub(super) fn add(&mut self, name: &'static str, value: V) {
        debug_assert!(self.entries.len() < SLOTS / 2, "names are found by probing");
        if self.get(name.as_bytes()).is_none() {
            let mut slot = place(name.as_bytes());
            while self.slots[slot] != NOTHING {
                slot = (slot + 1) % SLOTS;
            }
            self.slots[slot] = u8::try_from(self.entries.len()).unwrap_or(NOTHING);
            self.entries.push((name, value));
        }
    }

    /// What `name` stands for.
    #[inline]
    pub(super) fn get(&self, name: &[u8]) -> Option<&V> {
        let mut slot = place(name);
        loop {
            let (known, value) = self.entries.get(usize::from(self.slots[slot]))?;
            if known.as_bytes() == name {
                return Some(value);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

/// Length, first, middle and last byte tell most names apart.
#[inline]
fn place(name: &[u8]) -> usize {
    let [first, .., last] = name else { return name.len() };
    let middle = name[name.len() / 2];
    (usize::from(*first) + usize::from(*last) * 7 + usize::from(middle) * 29 + name.len() * 61) % SLOTS
}
