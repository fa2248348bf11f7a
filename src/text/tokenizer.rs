//! Words as Keras's `Tokenizer` finds them: Unicode lower case, characters that separate, a separator.

use super::counts::Counts;
use super::in_stretches;
use super::words::Words;
use std::borrow::Cow;

pub enum Units {
    Characters,
    /// What lies between separators; each filtered character counts as one.
    Words {
        filters: Vec<char>,
        separator: String,
    },
}

pub struct Splitter {
    units: Units,
    lower: bool,
    /// Which ASCII characters separate; None where the separator is no single one of them.
    ascii: Option<[bool; 128]>,
}

impl Splitter {
    pub fn new(units: Units, lower: bool) -> Self {
        let ascii = match &units {
            Units::Words { filters, separator } if separator.len() == 1 => {
                let mut table = [false; 128];
                for &character in filters.iter().chain(&separator.chars().collect::<Vec<_>>()) {
                    if character.is_ascii() {
                        table[character as usize] = true;
                    }
                }
                Some(table)
            }
            Units::Words { .. } | Units::Characters => None,
        };
        Self { units, lower, ascii }
    }

    /// Call `each` with the words of a text.
    pub fn words(&self, text: &str, scratch: &mut String, mut each: impl FnMut(&str)) {
        let text = if self.lower { lowered(text, scratch) } else { text };
        match &self.units {
            Units::Characters => {
                let mut space = [0; 4];
                text.chars().for_each(|character| each(character.encode_utf8(&mut space)));
            }
            Units::Words { filters, separator } => match &self.ascii {
                Some(table) if text.is_ascii() => {
                    let separates = |byte: &u8| table[usize::from(*byte & 127)];
                    let mut start = 0;
                    for (position, byte) in text.bytes().enumerate() {
                        if separates(&byte) {
                            if start < position {
                                each(&text[start..position]);
                            }
                            start = position + 1;
                        }
                    }
                    if start < text.len() {
                        each(&text[start..]);
                    }
                }
                Some(table) => text
                    .split(|c: char| if c.is_ascii() { table[c as usize] } else { filters.contains(&c) })
                    .filter(|word| !word.is_empty())
                    .for_each(each),
                None => {
                    let mut marked = String::with_capacity(text.len());
                    for character in text.chars() {
                        if filters.contains(&character) {
                            marked.push_str(separator);
                        } else {
                            marked.push(character);
                        }
                    }
                    marked.split(separator.as_str()).filter(|word| !word.is_empty()).for_each(each);
                }
            },
        }
    }

    /// How often the words of texts occur, in the order of their appearance.
    pub fn count(&self, texts: &[&str]) -> Counts {
        let parts = in_stretches(texts.len(), |stretch| {
            let mut counts = Counts::default();
            let mut scratch = String::new();
            for text in &texts[stretch] {
                counts.document();
                self.words(text, &mut scratch, |word| counts.add(word.as_bytes()));
            }
            counts
        });
        let mut parts = parts.into_iter();
        let mut counts = parts.next().unwrap_or_default();
        parts.for_each(|part| counts.append(&part));
        counts
    }

    /// The number in `words` of every word of each text, or `unknown`; what is None is left out.
    pub fn numbers(&self, texts: &[&str], words: &Words, kept: &[Option<u32>], unknown: Option<u32>) -> Vec<Numbers> {
        in_stretches(texts.len(), |stretch| {
            let mut found = Numbers { values: Vec::new(), lengths: Vec::with_capacity(stretch.len()) };
            let mut scratch = String::new();
            for text in &texts[stretch] {
                let before = found.values.len();
                self.words(text, &mut scratch, |word| {
                    let number = words.get(word.as_bytes()).map_or(unknown, |number| kept[number]);
                    found.values.extend(number);
                });
                found.lengths.push(found.values.len() - before);
            }
            found
        })
    }
}

/// The numbers of a stretch of texts.
pub struct Numbers {
    pub values: Vec<u32>,
    pub lengths: Vec<usize>,
}

fn lowered<'a>(text: &'a str, scratch: &'a mut String) -> &'a str {
    scratch.clear();
    if text.is_ascii() {
        scratch.push_str(text);
        scratch.make_ascii_lowercase();
    } else {
        let lower: Cow<'_, str> = text.to_lowercase().into();
        scratch.push_str(&lower);
    }
    scratch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(splitter: &Splitter, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        splitter.words(text, &mut String::new(), |word| found.push(word.to_owned()));
        found
    }

    fn splitter(filters: &str, separator: &str) -> Splitter {
        let units = Units::Words { filters: filters.chars().collect(), separator: separator.to_owned() };
        Splitter::new(units, true)
    }

    #[test]
    fn words_lie_between_separators() {
        let usual = splitter("!,.\t\n", " ");
        assert_eq!(words(&usual, "Hello, World!\tA\n c"), ["hello", "world", "a", "c"]);
        assert_eq!(words(&usual, "ÄÖ “x”, 中文 ΑΣ"), ["äö", "“x”", "中文", "ας"]);
        assert!(words(&usual, " . ").is_empty());
        assert_eq!(words(&splitter(".…", "--"), "a.b--C…d-e"), ["a", "b", "c", "d-e"]);
        assert_eq!(words(&splitter("", "é"), "aébéé"), ["a", "b"]);
        assert_eq!(words(&Splitter::new(Units::Characters, true), "Aé"), ["a", "é"]);
    }

    #[test]
    fn numbers_leave_out_what_has_none() {
        let usual = splitter("", " ");
        let mut known = Words::default();
        known.insert(b"a");
        known.insert(b"b");
        let found = usual.numbers(&["a b c", "", "b"], &known, &[Some(1), None], Some(9));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].values, [1, 9]);
        assert_eq!(found[0].lengths, [2, 0, 0]);
    }
}
