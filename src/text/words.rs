//! A set of words, numbered in the order in which they came.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

#[derive(Default, Clone)]
pub struct Words {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Words {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn word(&self, number: usize) -> &[u8] {
        word(&self.bytes, &self.ends, number)
    }

    pub fn get(&self, wanted: &[u8]) -> Option<usize> {
        let Self { bytes, ends, numbers, hasher } = self;
        let found = numbers.find(hash(hasher, wanted), |&number| word(bytes, ends, number as usize) == wanted);
        found.map(|&number| number as usize)
    }

    /// The word's number, which is the former length where it is new.
    ///
    /// # Panics
    /// If there are more than 2^32 words.
    pub fn insert(&mut self, wanted: &[u8]) -> usize {
        let Self { bytes, ends, numbers, hasher } = self;
        let hashed = hash(hasher, wanted);
        if let Some(&number) = numbers.find(hashed, |&number| word(bytes, ends, number as usize) == wanted) {
            return number as usize;
        }
        let number = u32::try_from(ends.len()).expect("fewer than 2^32 words");
        bytes.extend_from_slice(wanted);
        ends.push(bytes.len());
        numbers.insert_unique(hashed, number, |&number| hash(hasher, word(bytes, ends, number as usize)));
        number as usize
    }
}

fn word<'a>(bytes: &'a [u8], ends: &[usize], number: usize) -> &'a [u8] {
    &bytes[if number == 0 { 0 } else { ends[number - 1] }..ends[number]]
}

fn hash(hasher: &DefaultHashBuilder, word: &[u8]) -> u64 {
    hasher.hash_one(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_numbered_once() {
        let mut words = Words::default();
        let many: Vec<String> = (0..5000).map(|i| format!("w{}", i % 1234)).collect();
        let numbers: Vec<usize> = many.iter().map(|word| words.insert(word.as_bytes())).collect();
        assert!(numbers.iter().enumerate().all(|(i, &number)| number == i % 1234));
        assert_eq!(words.len(), 1234);
        assert_eq!(words.get(b"w77"), Some(77));
        assert_eq!(words.word(77), b"w77");
        assert_eq!(words.get(b"w1234"), None);
        assert_eq!(words.insert(b""), 1234);
        assert_eq!(words.get(b""), Some(1234));
    }
}
