//! How often words occur, and in how many documents.

use super::pipeline::{Pipeline, Scratch};
use super::words::Words;
use super::{Rows, in_stretches};
use std::cmp::Reverse;

#[derive(Default, Clone)]
pub struct Counts {
    pub words: Words,
    /// Of each word: occurrences, documents, and the last document it was seen in, from 1.
    pub tallies: Vec<Tally>,
    pub documents: u64,
}

#[derive(Clone, Copy)]
pub struct Tally {
    pub times: u64,
    pub documents: u64,
    last: u64,
}

impl Counts {
    /// Begin the next document.
    pub fn document(&mut self) {
        self.documents += 1;
    }

    /// Count a word of the document begun last.
    pub fn add(&mut self, word: &[u8]) {
        let number = self.words.insert(word);
        if number == self.tallies.len() {
            self.tallies.push(Tally { times: 0, documents: 0, last: 0 });
        }
        let tally = &mut self.tallies[number];
        tally.times += 1;
        if tally.last != self.documents {
            tally.last = self.documents;
            tally.documents += 1;
        }
    }

    /// Count what somebody else counted in the documents that follow; new words keep their order.
    pub fn append(&mut self, other: &Self) {
        for (number, tally) in other.tallies.iter().enumerate() {
            let own = self.words.insert(other.words.word(number));
            if own == self.tallies.len() {
                self.tallies.push(Tally { times: 0, documents: 0, last: 0 });
            }
            self.tallies[own].times += tally.times;
            self.tallies[own].documents += tally.documents;
        }
        self.documents += other.documents;
    }

    /// Count the tokens of rows, each of which is a document.
    pub fn count(&mut self, rows: &Rows<'_>, pipeline: &Pipeline) {
        let parts = in_stretches(rows.len(), |stretch| {
            let mut counts = Self::default();
            let mut scratch = Scratch::default();
            for row in stretch {
                counts.document();
                pipeline.tokens(rows.row(row), &mut scratch, |token| counts.add(token));
            }
            counts
        });
        for part in parts {
            self.append(&part);
        }
    }

    /// The numbers of at most `most` words but those left out: the more frequent first, then those that sort last.
    pub fn ranked(&self, most: usize, left_out: &[&[u8]]) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.words.len()).collect();
        numbers.retain(|&number| !left_out.contains(&self.words.word(number)));
        numbers.sort_unstable_by_key(|&number| (Reverse(self.tallies[number].times), Reverse(self.words.word(number))));
        numbers.truncate(most);
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::super::pipeline::Split;
    use super::*;

    #[test]
    fn ties_go_from_the_last_word_to_the_first() {
        let pipeline = Pipeline::new(true, true, Split::Whitespace, vec![]);
        let mut counts = Counts::default();
        counts.count(&Rows { texts: vec![b"b a c", b"c b z y", b"b b"], ends: None }, &pipeline);
        let order = counts.ranked(9, &[b"y"]);
        let words: Vec<_> = order.iter().map(|&number| counts.words.word(number)).collect();
        assert_eq!(words, [&b"b"[..], b"c", b"z", b"a"]);
        assert_eq!(counts.tallies[order[0]].times, 4);
        assert_eq!(counts.tallies[order[0]].documents, 3);
        assert_eq!(counts.documents, 3);
        assert_eq!(counts.ranked(2, &[]).len(), 2);
    }

    #[test]
    fn many_rows_count_as_few() {
        let texts: Vec<String> = (0..5000).map(|i| format!("w{} w{} w{}", i % 7, i % 7, i % 301)).collect();
        let rows = Rows { texts: texts.iter().map(String::as_bytes).collect(), ends: None };
        let pipeline = Pipeline::new(true, true, Split::Whitespace, vec![]);
        let mut together = Counts::default();
        together.count(&rows, &pipeline);
        let mut singly = Counts::default();
        for text in &texts {
            singly.document();
            text.split(' ').for_each(|word| singly.add(word.as_bytes()));
        }
        assert_eq!(together.documents, 5000);
        assert_eq!(together.words.len(), singly.words.len());
        for number in 0..singly.words.len() {
            assert_eq!(together.words.word(number), singly.words.word(number));
            assert_eq!(together.tallies[number].times, singly.tallies[number].times);
            assert_eq!(together.tallies[number].documents, singly.tallies[number].documents);
        }
    }
}
