//! One pass over the batches, a stretch at a time.

use super::data::Data;
use super::step::{self, Session, Step};
use crate::error::{Error, Result};
use crate::kernels::memory::Buffer;
use crate::ops::engine::Value;
use crate::shape::Spec;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A pass over the data with a step for whole batches and one for the last, partial one.
pub struct Runner {
    full: Option<Arc<Step>>,
    tail: Option<Arc<Step>>,
    position: usize,
    /// Memory for batches, one for each array.
    batch: Vec<Buffer>,
    /// The last batch's results.
    results: Vec<Buffer>,
}

/// Where each batch's results go, one array for each result.
pub type Rows<'a> = Vec<&'a mut [u8]>;

impl Runner {
    pub fn new(data: &Data, full: Option<Arc<Step>>, tail: Option<Arc<Step>>) -> Result<Self> {
        let whole = data.rows / data.batch;
        if (whole > 0 && full.is_none()) || (!data.rows.is_multiple_of(data.batch) && tail.is_none()) {
            return Err(Error::internal("a pass needs a step for each size of batch"));
        }
        for (step, rows) in [(&full, data.batch), (&tail, data.rows % data.batch)] {
            let Some(step) = step else { continue };
            let fits = step.inputs().len() == data.columns()
                && step.inputs().iter().enumerate().all(|(i, spec)| spec.bytes() == rows * data.row_bytes(i));
            if !fits && rows > 0 {
                return Err(Error::internal(format!(
                    "the step does not take batches of {rows} rows. Received: {:?}",
                    step.inputs()
                )));
            }
        }
        let results = Self::any(&full, &tail).map_or(Vec::new(), |step| buffers(step.results()));
        let batch = (0..data.columns()).map(|column| Buffer::new(data.row_bytes(column) * data.batch)).collect();
        Ok(Self { full, tail, position: 0, batch, results })
    }

    fn any<'a>(full: &'a Option<Arc<Step>>, tail: &'a Option<Arc<Step>>) -> Option<&'a Arc<Step>> {
        full.as_ref().or(tail.as_ref())
    }

    /// Begin a pass at a batch.
    pub fn start(&mut self, data: &Data, batch: usize) -> Result<()> {
        if batch > data.batches() {
            return Err(Error::value(format!(
                "A pass of {} batches cannot begin at another. Received: batch={batch}",
                data.batches()
            )));
        }
        self.position = batch;
        Ok(())
    }

    pub fn position(&self) -> usize {
        self.position
    }

    /// Run until `time` is over, `steps` are done or the pass ends; returns the number of batches done in this pass.
    ///
    /// An error leaves the variables as the last good batch left them.
    pub fn run(&mut self, data: &Data, time: Duration, steps: usize, mut rows: Option<Rows<'_>>) -> Result<usize> {
        let mut started = Vec::new();
        let done = self.stretch(data, time, steps, &mut rows, &mut started);
        for (position, values) in started {
            let step = if position >= data.rows / data.batch { &self.tail } else { &self.full };
            let specs = step.as_ref().map_or(&[][..], |step| step.results()).to_vec();
            step::write(&values, &mut targets(&mut self.results, &specs, data, position, rows.as_mut()))?;
        }
        done
    }

    /// Runs that were started and not waited for are added to `started`, each with its batch; of results that are not
    /// kept, the last.
    fn stretch(
        &mut self,
        data: &Data,
        time: Duration,
        steps: usize,
        rows: &mut Option<Rows<'_>>,
        started: &mut Vec<(usize, Vec<Value>)>,
    ) -> Result<usize> {
        let begun = Instant::now();
        let end = data.batches().min(self.position.saturating_add(steps));
        let whole = data.rows / data.batch;
        while self.position < end {
            let is_tail = self.position >= whole;
            let step = if is_tail { self.tail.clone() } else { self.full.clone() }.expect("checked when made");
            let mut session = step.session()?;
            let stop = if is_tail { end } else { end.min(whole) };
            while self.position < stop {
                self.batch(&mut session, step.results(), data, rows.as_mut(), started)?;
                self.position += 1;
                // Looking at the clock costs as much as a few operations.
                if (self.position.is_multiple_of(4) || time < Duration::from_millis(1)) && begun.elapsed() >= time {
                    return Ok(self.position);
                }
            }
        }
        Ok(self.position)
    }

    fn batch(
        &mut self,
        session: &mut Session<'_>,
        results: &[Spec],
        data: &Data,
        rows: Option<&mut Rows<'_>>,
        started: &mut Vec<(usize, Vec<Value>)>,
    ) -> Result<()> {
        for (column, buffer) in self.batch.iter_mut().enumerate() {
            if data.in_place(column, self.position).is_none() {
                data.gather(column, self.position, buffer.bytes_mut());
            }
        }
        let span = data.span(self.position);
        let inputs: Vec<&[u8]> = (self.batch.iter().enumerate())
            .map(|(column, buffer)| {
                let gathered = &buffer.bytes()[..span.len() * data.row_bytes(column)];
                data.in_place(column, self.position).unwrap_or(gathered)
            })
            .collect();
        if session.runs_ahead() {
            if rows.is_none() {
                started.clear();
            }
            started.push((self.position, session.start(&inputs)?));
            return Ok(());
        }
        session.run(&inputs, &mut targets(&mut self.results, results, data, self.position, rows))
    }

    /// The last batch's results.
    pub fn results(&self) -> Vec<(&Spec, &Buffer)> {
        let step = match (&self.tail, &self.full) {
            (Some(tail), Some(full)) => {
                let sizes =
                    |step: &Step| step.results().iter().map(Spec::bytes).eq(self.results.iter().map(Buffer::len));
                Some(if sizes(tail) { tail } else { full })
            }
            (tail, full) => tail.as_ref().or(full.as_ref()),
        };
        step.map_or(Vec::new(), |step| step.results().iter().zip(&self.results).collect())
    }
}

/// Where a batch's results go: its rows of the arrays that keep them, else memory for one batch.
fn targets<'a>(
    single: &'a mut [Buffer],
    specs: &[Spec],
    data: &Data,
    position: usize,
    rows: Option<&'a mut Rows<'_>>,
) -> Vec<&'a mut [u8]> {
    let Some(rows) = rows else {
        for (buffer, spec) in single.iter_mut().zip(specs) {
            if buffer.len() != spec.bytes() {
                *buffer = Buffer::new(spec.bytes());
            }
        }
        return single.iter_mut().map(Buffer::bytes_mut).collect();
    };
    let span = data.span(position);
    (rows.iter_mut())
        .map(|whole| {
            let width = whole.len() / data.rows;
            &mut whole[span.start * width..span.end * width]
        })
        .collect()
}

fn buffers(specs: &[Spec]) -> Vec<Buffer> {
    specs.iter().map(|spec| Buffer::zeroed(spec.bytes())).collect()
}
