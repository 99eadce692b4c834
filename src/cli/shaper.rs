//! `--shape`: what one service has answered, as the other would have written it.

use std::io::{self, ErrorKind};

use super::value;
use crate::api::shape::{NotJson, Shape, Translator};
use crate::token::Service;

/// Gives one object after the other in the shape that was asked for.
pub(super) struct Shaper {
    translator: Translator,
    text: Vec<u8>,
}

/// Puts one object into the shape that was asked for.
pub(super) type Shaped = for<'s> fn(&'s mut Shaper, &str) -> io::Result<&'s str>;

impl Shaper {
    /// `None` where the answers of `service` have that shape already.
    pub(super) fn new(wanted: value::Shape, service: Service) -> Option<Self> {
        let from = if service == Service::Graph { Shape::Graph } else { Shape::Defender };
        let to = match wanted {
            value::Shape::Native => from,
            value::Shape::Defender => Shape::Defender,
            value::Shape::Graph => Shape::Graph,
        };
        (from != to).then(|| Self { translator: Translator::new(from, to), text: Vec::new() })
    }

    /// The incident in that shape.
    pub(super) fn incident(&mut self, json: &str) -> io::Result<&str> {
        self.text.clear();
        let translated = self.translator.incident(json, &mut self.text);
        self.text_of(translated, "an incident is not JSON")
    }

    /// The alert in that shape.
    pub(super) fn alert(&mut self, json: &str) -> io::Result<&str> {
        self.text.clear();
        let translated = self.translator.alert(json, &mut self.text);
        self.text_of(translated, "an alert is not JSON")
    }

    fn text_of(&self, translated: Result<(), NotJson>, otherwise: &'static str) -> io::Result<&str> {
        translated.map_err(|NotJson| io::Error::new(ErrorKind::InvalidData, otherwise))?;
        std::str::from_utf8(&self.text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }

    /// The answer to a hunting query in that shape.
    pub(super) fn hunting(&mut self, json: &str) -> io::Result<&str> {
        self.text.clear();
        self.translator
            .hunting(json, &mut self.text)
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "an answer is not JSON"))?;
        std::str::from_utf8(&self.text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }
}
