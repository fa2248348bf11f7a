//! The same instructions again and again, over memory that moves on.

#![allow(unsafe_code, reason = "a step reads what the one before has written elsewhere in the same array")]

use super::data::{Array, ArrayMut, Kernel};
use super::machine::{External, Machine};
use super::memory::Buffer;
use std::slice;

/// Whose memory it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    Input(usize),
    Output,
    /// The loop's own.
    Scratch,
}

/// A place that moves on by `stride` bytes a step, and begins anew after `period` steps.
#[derive(Debug, Clone, Copy)]
pub struct Track {
    pub region: Region,
    pub start: usize,
    pub stride: isize,
    pub period: usize,
    /// The step of the period with which it begins.
    pub phase: usize,
}

impl Track {
    /// Always the same place.
    pub const fn fixed(region: Region, start: usize) -> Self {
        Self { region, start, stride: 0, period: 1, phase: 0 }
    }

    /// From one of `count` neighbours to the next, or to the one before where `reverse`.
    pub const fn along(region: Region, start: usize, bytes: usize, count: usize, reverse: bool) -> Self {
        let (stride, start) =
            if reverse { (-(bytes as isize), start + (count - 1) * bytes) } else { (bytes as isize, start) };
        Self { region, start, stride, period: count, phase: 0 }
    }

    fn at(&self, step: usize) -> (Region, usize) {
        let moved = ((step + self.phase) % self.period) as isize * self.stride;
        (self.region, self.start.checked_add_signed(moved).expect("a place within its region"))
    }
}

/// Memory that a step is given; the first and the last step perhaps elsewhere.
#[derive(Debug, Clone)]
pub struct Given {
    pub track: Track,
    pub first: Option<(Region, usize)>,
    pub last: Option<(Region, usize)>,
}

impl From<Track> for Given {
    fn from(track: Track) -> Self {
        Self { track, first: None, last: None }
    }
}

/// What the instructions are given, step by step. What a step writes overlaps nothing else of that step.
#[derive(Debug)]
pub struct Loop {
    pub machine: Machine,
    pub count: usize,
    pub given: Vec<Given>,
    /// Inputs that are copied to the output before the first step, with the place in bytes.
    pub copies: Vec<(usize, usize)>,
    /// Stretches of the output that are zero before the first step: where, and how many bytes.
    pub zeros: Vec<(usize, usize)>,
    pub scratch: usize,
}

impl Kernel for Loop {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        for &(input, at) in &self.copies {
            let bytes = inputs[input].bytes;
            output.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        }
        for &(at, count) in &self.zeros {
            output.bytes[at..at + count].fill(0);
        }
        let scratch = Buffer::zeroed(self.scratch);
        let whole = output.bytes.as_mut_ptr();
        let len = output.bytes.len();
        for step in 0..self.count {
            let mut externals: Vec<External<'_>> = (self.given.iter().zip(&self.machine.externals))
                .map(|(given, expected)| {
                    let first = given.first.filter(|_| step == 0);
                    let last = given.last.filter(|_| step + 1 == self.count);
                    let (region, at) = first.or(last).unwrap_or_else(|| given.track.at(step));
                    let (start, len) = match region {
                        Region::Input(input) => (inputs[input].bytes.as_ptr().cast_mut(), inputs[input].bytes.len()),
                        Region::Output => (whole, len),
                        Region::Scratch => (scratch.as_ptr(), self.scratch),
                    };
                    assert!(at + expected.bytes <= len, "a step stays within the loop's memory");
                    assert!(!expected.written || !matches!(region, Region::Input(_)), "inputs are not written");
                    // SAFETY: within the region; what is written overlaps nothing else of the step.
                    unsafe {
                        let start = start.add(at);
                        if expected.written {
                            External::Write(slice::from_raw_parts_mut(start, expected.bytes))
                        } else {
                            External::Read(slice::from_raw_parts(start, expected.bytes))
                        }
                    }
                })
                .collect();
            self.machine.run(&mut externals)?;
        }
        Ok(())
    }
}
