//! Texts: numpy and lists of strings in, integers out.

use super::enter::enter;
use crate::error::{Error, Result};
use crate::text::counts::Counts;
use crate::text::fingerprint::{self, Hash};
use crate::text::lookup::{self, Unknown};
use crate::text::pipeline::{self, Scratch, Split};
use crate::text::tokenizer::{Splitter, Units};
use crate::text::words::Words;
use crate::text::{self, in_stretches};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyInt, PyList, PyString};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A string of Python's, kept alive.
enum Text {
    Str(PyBackedStr),
    Bytes(PyBackedBytes),
}

impl Text {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Str(text) => text.as_bytes(),
            Self::Bytes(text) => text,
        }
    }
}

fn read(texts: &Bound<'_, PyList>) -> PyResult<Vec<Text>> {
    let read = |(position, item): (usize, Bound<'_, PyAny>)| {
        if item.is_instance_of::<PyString>() {
            let text = item.extract().map_err(|_| {
                let shown = item.repr().map_or_else(|_| "a string".to_owned(), |shown| shown.to_string());
                Error::value(format!(
                    "Expected strings that have a UTF-8 form. Received: {shown} at position {position}"
                ))
            });
            return Ok(Text::Str(text?));
        }
        if item.is_instance_of::<PyBytes>() {
            return Ok(Text::Bytes(item.extract()?));
        }
        let (shown, kind) = (item.repr()?, item.get_type().name()?);
        Err(Error::dtype(format!("Expected strings. Received: {shown} (of type {kind}) at position {position}")).into())
    };
    texts.iter().enumerate().map(read).collect()
}

fn read_str(texts: &Bound<'_, PyList>) -> PyResult<Vec<PyBackedStr>> {
    texts.iter().map(|text| text.extract()).collect()
}

fn slices(texts: &[Text]) -> Vec<&[u8]> {
    texts.iter().map(Text::bytes).collect()
}

/// Rows of so many strings each; every string is one if no lengths are given.
fn rows<'a>(texts: &'a [Text], lengths: Option<&[usize]>) -> Result<text::Rows<'a>> {
    let ends = lengths.map(|lengths| {
        let ends = lengths.iter().scan(0_usize, |end, length| {
            *end = end.saturating_add(*length);
            Some(*end)
        });
        ends.collect::<Vec<_>>()
    });
    if let Some(ends) = &ends
        && ends.last().copied().unwrap_or(0) != texts.len()
    {
        return Err(Error::value(format!(
            "The rows do not hold {} strings. Received: lengths={lengths:?}",
            texts.len()
        )));
    }
    Ok(text::Rows { texts: slices(texts), ends })
}

fn hash(salt: Option<(u64, u64)>) -> Hash {
    salt.map_or(Hash::Farm, |(first, second)| Hash::Sip(first, second))
}

/// How a row of strings becomes tokens.
#[pyclass(frozen, module = "keraburn._core")]
pub struct Pipeline(pipeline::Pipeline);

#[pymethods]
impl Pipeline {
    #[new]
    #[pyo3(signature = (lower = false, strip = false, split = None, ngrams = Vec::new()))]
    fn new(lower: bool, strip: bool, split: Option<&str>, ngrams: Vec<usize>) -> PyResult<Self> {
        let split = match split {
            None => Split::None,
            Some("whitespace") => Split::Whitespace,
            Some("character") => Split::Character,
            Some(other) => {
                return Err(Error::value(format!(
                    "Expected to split at \"whitespace\", \"character\" or not at all. Received: split={other}"
                ))
                .into());
            }
        };
        if ngrams.contains(&0) {
            return Err(Error::value(format!("N-grams have at least one token. Received: ngrams={ngrams:?}")).into());
        }
        Ok(Self(pipeline::Pipeline::new(lower, strip, split, ngrams)))
    }

    /// The tokens of all rows, and how many each row has.
    #[pyo3(signature = (texts, lengths = None))]
    fn tokens<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyList>,
        lengths: Option<Vec<usize>>,
    ) -> PyResult<(Bound<'py, PyList>, Vec<usize>)> {
        let texts = read(texts)?;
        let (tokens, lengths) = enter(py, || {
            let rows = rows(&texts, lengths.as_deref())?;
            let parts = in_stretches(rows.len(), |stretch| {
                let (mut tokens, mut lengths, mut scratch) = (Vec::new(), Vec::new(), Scratch::default());
                for row in stretch {
                    let before = tokens.len();
                    self.0.tokens(rows.row(row), &mut scratch, |token| tokens.push(token.to_vec()));
                    lengths.push(tokens.len() - before);
                }
                (tokens, lengths)
            });
            let (tokens, lengths): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
            Ok((tokens.concat(), lengths.concat()))
        })?;
        Ok((PyList::new(py, tokens.iter().map(|token| PyBytes::new(py, token)))?, lengths))
    }
}

/// How often words occur.
#[pyclass(frozen, module = "keraburn._core")]
pub struct WordCounts(Mutex<Counts>);

impl WordCounts {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl WordCounts {
    #[new]
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Count the tokens of rows; each row is a document.
    fn count(
        &self,
        py: Python<'_>,
        texts: &Bound<'_, PyList>,
        lengths: Option<Vec<usize>>,
        pipeline: &Pipeline,
    ) -> PyResult<()> {
        let texts = read(texts)?;
        enter(py, || {
            self.lock().count(&rows(&texts, lengths.as_deref())?, &pipeline.0);
            Ok(())
        })
    }

    #[getter]
    fn documents(&self) -> u64 {
        self.lock().documents
    }

    fn __len__(&self) -> usize {
        self.lock().words.len()
    }

    /// At most `most` words but those left out, the most frequent first, and in how many documents each occurs.
    fn ranked<'py>(
        &self,
        py: Python<'py>,
        most: Option<usize>,
        left_out: &Bound<'py, PyList>,
    ) -> PyResult<(Bound<'py, PyList>, Vec<u64>)> {
        let left_out = read(left_out)?;
        let counts = self.lock();
        let counts = &*counts;
        let order = enter(py, || Ok(counts.ranked(most.unwrap_or(usize::MAX), &slices(&left_out))))?;
        let words = PyList::new(py, order.iter().map(|&number| PyBytes::new(py, counts.words.word(number))))?;
        Ok((words, order.iter().map(|&number| counts.tallies[number].documents).collect()))
    }
}

/// The integers of the words of a vocabulary.
#[pyclass(frozen, module = "keraburn._core")]
pub struct Lookup(lookup::Lookup);

#[pymethods]
impl Lookup {
    /// The first of several equal words counts. Unknown words become `unknown`, are refused where that is None, or are
    /// hashed where there are buckets.
    #[new]
    fn new(
        words: &Bound<'_, PyList>,
        first: i64,
        unknown: Option<i64>,
        buckets: u64,
        salt: Option<(u64, u64)>,
        mask: Option<(Bound<'_, PyList>, i64)>,
    ) -> PyResult<Self> {
        let mut known = Words::default();
        for word in read(words)? {
            known.insert(word.bytes());
        }
        let unknown = match (unknown, buckets) {
            (None, _) => Unknown::Refused,
            (Some(index), 0) => Unknown::Is(index),
            (Some(first), buckets) => Unknown::Hashed { first, buckets, hash: hash(salt) },
        };
        let mask = match mask {
            None => None,
            Some((texts, index)) => read(&texts)?.first().map(|text| (text.bytes().to_vec(), index)),
        };
        Ok(Self(lookup::Lookup { words: known, first, unknown, mask }))
    }

    /// The integers of each row's tokens, cut or filled to one width: the widest row's if None.
    fn rows<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyList>,
        lengths: Option<Vec<usize>>,
        pipeline: &Pipeline,
        width: Option<usize>,
        fill: i64,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let texts = read(texts)?;
        let (values, shape) = enter(py, || {
            let ragged = self.0.rows(&rows(&texts, lengths.as_deref())?, &pipeline.0)?;
            let width = width.unwrap_or_else(|| ragged.widest());
            let mut values = filled(fill, ragged.len(), width)?;
            ragged.padded(width, &mut values);
            Ok((values, [ragged.len(), width]))
        })?;
        PyArray1::from_vec(py, values).reshape(shape)
    }

    /// A vector for each row that marks its tokens or counts them, of integers or of floats.
    #[allow(clippy::too_many_arguments)]
    fn vectors<'py>(
        &self,
        py: Python<'py>,
        texts: &Bound<'py, PyList>,
        lengths: Option<Vec<usize>>,
        pipeline: &Pipeline,
        depth: usize,
        counts: bool,
        floats: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let texts = read(texts)?;
        if floats {
            return Ok(self.dense::<f32>(py, &texts, lengths, pipeline, depth, counts)?.into_any());
        }
        Ok(self.dense::<i64>(py, &texts, lengths, pipeline, depth, counts)?.into_any())
    }
}

impl Lookup {
    fn dense<'py, T: lookup::Count + numpy::Element>(
        &self,
        py: Python<'py>,
        texts: &[Text],
        lengths: Option<Vec<usize>>,
        pipeline: &Pipeline,
        depth: usize,
        counts: bool,
    ) -> PyResult<Bound<'py, PyArray2<T>>> {
        let (values, shape) = enter(py, || {
            let rows = rows(texts, lengths.as_deref())?;
            let mut values = filled(T::default(), rows.len(), depth)?;
            self.0.vectors(&rows, &pipeline.0, depth, counts, &mut values)?;
            Ok((values, [rows.len(), depth]))
        })?;
        PyArray1::from_vec(py, values).reshape(shape)
    }
}

/// Rows of equal elements.
fn filled<T: Clone>(value: T, rows: usize, width: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    let size = rows.checked_mul(width);
    if size.is_none_or(|size| values.try_reserve_exact(size).is_err()) {
        return Err(Error::Memory(format!("There is no memory for {rows} rows of {width} numbers")));
    }
    values.resize(rows * width, value);
    Ok(values)
}

/// The bucket of each string.
#[pyfunction]
pub fn hash_strings<'py>(
    py: Python<'py>,
    texts: &Bound<'py, PyList>,
    buckets: u64,
    salt: Option<(u64, u64)>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let texts = read(texts)?;
    let found = enter(py, || {
        let hash = hash(salt);
        Ok(in_stretches(texts.len(), |stretch| {
            texts[stretch].iter().map(|text| hash.bucket(text.bytes(), buckets)).collect::<Vec<_>>()
        }))
    })?;
    Ok(PyArray1::from_vec(py, found.concat()))
}

/// The bucket of each integer's decimal digits.
#[pyfunction]
pub fn hash_integers<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, i64>,
    buckets: u64,
    salt: Option<(u64, u64)>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let values = values.as_slice()?;
    let found = enter(py, || {
        let hash = hash(salt);
        Ok(in_stretches(values.len(), |stretch| {
            let mut space = [0; 20];
            let mut bucket = |&value: &i64| hash.bucket(fingerprint::decimal(value, &mut space), buckets);
            values[stretch].iter().map(&mut bucket).collect::<Vec<_>>()
        }))
    })?;
    Ok(PyArray1::from_vec(py, found.concat()))
}

/// One column of a cross: strings, or integers as they are.
enum Column<'py> {
    Texts(Vec<Text>),
    Integers(PyReadonlyArray1<'py, i64>),
}

impl Column<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Integers(values) => values.len().unwrap_or(0),
        }
    }

    #[allow(clippy::cast_sign_loss)]
    fn value(&self, row: usize) -> u64 {
        match self {
            Self::Texts(texts) => fingerprint::fingerprint(texts[row].bytes()),
            Self::Integers(values) => values.as_array()[row] as u64,
        }
    }
}

/// The bucket of each row of several columns of equal length.
#[pyfunction]
pub fn hash_crosses<'py>(
    py: Python<'py>,
    columns: Vec<Bound<'py, PyAny>>,
    buckets: u64,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let read = |column: &Bound<'py, PyAny>| match column.cast::<PyList>() {
        Ok(texts) => read(texts).map(Column::Texts),
        Err(_) => Ok(Column::Integers(column.extract()?)),
    };
    let columns = columns.iter().map(read).collect::<PyResult<Vec<_>>>()?;
    let rows = columns.iter().map(Column::len).min().unwrap_or(0);
    let found = (0..rows).map(|row| fingerprint::crossed(columns.iter().map(|column| column.value(row)), buckets));
    Ok(PyArray1::from_vec(py, found.collect()))
}

fn splitter(filters: Option<&str>, separator: String, lower: bool) -> Splitter {
    let units =
        filters.map_or(Units::Characters, |filters| Units::Words { filters: filters.chars().collect(), separator });
    Splitter::new(units, lower)
}

/// The words of texts in the order of their appearance, how often each occurs and in how many texts; without filters,
/// characters are the words.
#[pyfunction]
pub fn count_words<'py>(
    py: Python<'py>,
    texts: &Bound<'py, PyList>,
    filters: Option<&str>,
    separator: String,
    lower: bool,
) -> PyResult<(Bound<'py, PyList>, Vec<u64>, Vec<u64>)> {
    let texts = read_str(texts)?;
    let splitter = splitter(filters, separator, lower);
    let counts = enter(py, || Ok(splitter.count(&texts.iter().map(|text| &**text).collect::<Vec<_>>())))?;
    let word = |number| String::from_utf8_lossy(counts.words.word(number));
    let words = PyList::new(py, (0..counts.words.len()).map(word))?;
    let (times, documents) = counts.tallies.iter().map(|tally| (tally.times, tally.documents)).unzip();
    Ok((words, times, documents))
}

/// The numbers of the words of each text: of known words as given, None leaving them out; of others `unknown`.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn number_words<'py>(
    py: Python<'py>,
    texts: &Bound<'py, PyList>,
    words: &Bound<'py, PyList>,
    numbers: Vec<Option<u32>>,
    unknown: Option<u32>,
    filters: Option<&str>,
    separator: String,
    lower: bool,
) -> PyResult<Bound<'py, PyList>> {
    let texts = read_str(texts)?;
    let mut known = Words::default();
    for word in read_str(words)? {
        known.insert(word.as_bytes());
    }
    let splitter = splitter(filters, separator, lower);
    let parts = enter(py, || {
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        Ok(splitter.numbers(&texts, &known, &numbers, unknown))
    })?;
    // Python's integers are made once each.
    let largest = parts.iter().flat_map(|part| &part.values).copied().max().map_or(0, |largest| largest as usize + 1);
    let integers: Vec<Bound<'py, PyInt>> = (0..largest).map(|value| PyInt::new(py, value)).collect();
    let mut lists = Vec::with_capacity(texts.len());
    for part in &parts {
        let mut start = 0;
        for length in &part.lengths {
            let row = &part.values[start..start + length];
            lists.push(PyList::new(py, row.iter().map(|&value| &integers[value as usize]))?);
            start += length;
        }
    }
    PyList::new(py, lists)
}
