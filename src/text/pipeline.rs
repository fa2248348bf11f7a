//! From a row of strings to its tokens, as TensorFlow's string operations give them for Keras.

const PUNCTUATION: &[u8] = b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Every string is a token.
    None,
    /// At ASCII white space; a no-break space is not.
    Whitespace,
    /// Each code point is a token; bytes that are no UTF-8 become U+FFFD.
    Character,
}

/// What becomes of a byte.
#[derive(Clone, Copy)]
enum Byte {
    Dropped,
    As(u8),
}

#[derive(Clone)]
pub struct Pipeline {
    bytes: [Byte; 256],
    plain: bool,
    split: Split,
    ngrams: Vec<usize>,
}

/// Memory that rows share.
#[derive(Default)]
pub struct Scratch {
    text: Vec<u8>,
    spans: Vec<(usize, usize)>,
    gram: Vec<u8>,
}

impl Pipeline {
    /// `lower` is for ASCII letters alone; `strip` drops ASCII punctuation; no `ngrams` means tokens as they are.
    pub fn new(lower: bool, strip: bool, split: Split, ngrams: Vec<usize>) -> Self {
        let mut bytes = [Byte::Dropped; 256];
        for (byte, slot) in (0..=255_u8).zip(&mut bytes) {
            if !(strip && PUNCTUATION.contains(&byte)) {
                *slot = Byte::As(if lower { byte.to_ascii_lowercase() } else { byte });
            }
        }
        Self { bytes, plain: !lower && !strip, split, ngrams }
    }

    /// Call `each` with the tokens of a row.
    pub fn tokens(&self, row: &[&[u8]], scratch: &mut Scratch, mut each: impl FnMut(&[u8])) {
        if self.plain && self.split == Split::None && self.ngrams.is_empty() {
            row.iter().for_each(|text| each(text));
            return;
        }
        let Scratch { text, spans, gram } = scratch;
        text.clear();
        spans.clear();
        for piece in row {
            self.split_into(piece, text, spans);
        }
        if self.ngrams.is_empty() {
            spans.iter().for_each(|&(start, end)| each(&text[start..end]));
        }
        for &width in &self.ngrams {
            for window in spans.windows(width) {
                gram.clear();
                for (position, &(start, end)) in window.iter().enumerate() {
                    if position > 0 {
                        gram.push(b' ');
                    }
                    gram.extend_from_slice(&text[start..end]);
                }
                each(gram);
            }
        }
    }

    fn split_into(&self, piece: &[u8], text: &mut Vec<u8>, spans: &mut Vec<(usize, usize)>) {
        let start = text.len();
        if self.plain {
            text.extend_from_slice(piece);
        } else {
            text.extend(piece.iter().filter_map(|&byte| match self.bytes[usize::from(byte)] {
                Byte::Dropped => None,
                Byte::As(byte) => Some(byte),
            }));
        }
        match self.split {
            Split::None => spans.push((start, text.len())),
            Split::Whitespace => {
                let mut begun = None;
                for (position, &byte) in text.iter().enumerate().skip(start) {
                    let space = matches!(byte, b' ' | b'\t'..=b'\r');
                    match begun {
                        None if !space => begun = Some(position),
                        Some(first) if space => {
                            spans.push((first, position));
                            begun = None;
                        }
                        None | Some(_) => {}
                    }
                }
                if let Some(first) = begun {
                    spans.push((first, text.len()));
                }
            }
            Split::Character => {
                if std::str::from_utf8(&text[start..]).is_err() {
                    let repaired = String::from_utf8_lossy(&text[start..]).into_owned();
                    text.truncate(start);
                    text.extend_from_slice(repaired.as_bytes());
                }
                let mut begun = start;
                for position in start + 1..=text.len() {
                    // A code point goes on as long as bytes are of the form 10xxxxxx.
                    if text.get(position).is_none_or(|&byte| byte & 0xc0 != 0x80) {
                        spans.push((begun, position));
                        begun = position;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(pipeline: &Pipeline, row: &[&[u8]]) -> Vec<String> {
        let mut found = Vec::new();
        pipeline.tokens(row, &mut Scratch::default(), |token| found.push(String::from_utf8_lossy(token).into_owned()));
        found
    }

    #[test]
    fn standardizing_knows_ascii_alone() {
        let pipeline = Pipeline::new(true, true, Split::Whitespace, vec![]);
        let text = "Ä É ÄB c\u{a0}d e\u{3000}f g\x0bh\x1ci\u{85}j".as_bytes();
        assert_eq!(tokens(&pipeline, &[text]), ["Ä", "É", "Äb", "c\u{a0}d", "e\u{3000}f", "g", "h\x1ci\u{85}j"]);
        assert_eq!(tokens(&pipeline, &[b"it's A-b  C!"]), ["its", "ab", "c"]);
        assert!(tokens(&pipeline, &[b" . "]).is_empty());
    }

    #[test]
    fn characters_are_code_points() {
        let pipeline = Pipeline::new(false, false, Split::Character, vec![]);
        assert_eq!(tokens(&pipeline, &["a é中".as_bytes()]), ["a", " ", "é", "中"]);
        assert_eq!(tokens(&pipeline, &[b"a\xff\xc3"]), ["a", "\u{fffd}", "\u{fffd}"]);
        assert!(tokens(&pipeline, &[b""]).is_empty());
    }

    #[test]
    fn ngrams_come_width_by_width() {
        let pipeline = Pipeline::new(true, true, Split::Whitespace, vec![3, 1]);
        assert_eq!(tokens(&pipeline, &[b"a b c d"]), ["a b c", "b c d", "a", "b", "c", "d"]);
        assert_eq!(tokens(&pipeline, &[b"a b"]), ["a", "b"]);
        let whole = Pipeline::new(true, true, Split::None, vec![1, 2]);
        assert_eq!(tokens(&whole, &[b"a", b"b c", b"", b""]), ["a", "b c", "", "", "a b c", "b c ", " "]);
    }
}
