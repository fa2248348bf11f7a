//! Recurrences over whole sequences, forward and backward: LSTM, GRU and simple RNN.
//!
//! Rows of a batch are independent, so each thread takes some of them through all steps without waiting for others,
//! and no number depends on how many threads there are.

#![allow(
    unsafe_code,
    clippy::inline_always,
    clippy::many_single_char_names,
    reason = "rows are raw pointers; element functions must be inlined into loops that enable instructions; gates i, f, g, o"
)]

mod backward;
mod forward;
mod panels;
mod rows;
#[cfg(test)]
mod tests;

pub use backward::Backward;
pub use forward::Forward;

use std::ops::Range;

/// How a state follows from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Lstm,
    /// The reset gate acts on the state's product, which has a bias of its own.
    Gru,
    /// The reset gate acts on the state before its product.
    GruBefore,
    SimpleRnn,
}

impl Cell {
    /// Columns of the kernel, in units.
    pub const fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru | Self::GruBefore => 3,
            Self::SimpleRnn => 1,
        }
    }

    /// How many arrays of shape `[batch, units]` the state is.
    pub const fn states(self) -> usize {
        match self {
            Self::Lstm => 2,
            Self::Gru | Self::GruBefore | Self::SimpleRnn => 1,
        }
    }

    /// How many inputs there are before the mask: projections, kernel, states and, for [`Cell::Gru`], a bias.
    pub const fn inputs(self) -> usize {
        2 + self.states() + matches!(self, Self::Gru) as usize
    }

    /// The left operands of the kernel's gradient that are kept: the states, and what the reset gate left of them.
    pub const fn operands(self) -> usize {
        match self {
            Self::GruBefore => 2,
            Self::Lstm | Self::Gru | Self::SimpleRnn => 1,
        }
    }

    /// What else is kept of a step, in units: gates, and for [`Cell::Lstm`] the cell before, for [`Cell::Gru`] the
    /// product that the reset gate acts on.
    pub const fn kept(self) -> usize {
        match self {
            Self::Lstm => 5,
            Self::Gru => 4,
            Self::GruBefore => 3,
            Self::SimpleRnn => 1,
        }
    }

    /// Whether the gradient of a state's product is not that of its projection.
    pub const fn splits(self) -> bool {
        matches!(self, Self::Gru)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub batch: usize,
    pub steps: usize,
    pub units: usize,
}

/// Where parts of a packed array begin, in elements.
impl Sizes {
    /// Elements of one state.
    pub const fn state(self) -> usize {
        self.batch * self.units
    }

    /// Elements of one state at all steps.
    pub const fn all(self) -> usize {
        self.state() * self.steps
    }

    /// The result: all outputs, then the last states.
    pub const fn result(self, cell: Cell) -> usize {
        self.all() + cell.states() * self.state()
    }

    /// The result and what is kept for the gradient: operands of the kernel's gradient, then the rest, whose steps
    /// come first so that a step's lie together.
    pub const fn packed(self, cell: Cell) -> usize {
        self.result(cell) + (cell.operands() + cell.kept()) * self.all()
    }

    /// The gradient of the projections.
    pub const fn projections(self, cell: Cell) -> usize {
        cell.gates() * self.all()
    }

    /// The gradients of projections, of the last gate's product where that differs, and of first states.
    pub const fn gradients(self, cell: Cell) -> usize {
        self.projections(cell) + cell.splits() as usize * self.all() + cell.states() * self.state()
    }

    /// Share `rows` among threads.
    fn share(self, cell: Cell, work: &(impl Fn(Range<usize>) + Sync)) {
        /// Multiplications that are worth another thread.
        const WORTH: usize = 1 << 19;
        let worth = self.all() * cell.gates() * self.units / WORTH;
        split(0..self.batch, rayon::current_num_threads().min(worth).min(self.batch), work);
    }

    /// The time of a step.
    pub const fn time(self, step: usize, reverse: bool) -> usize {
        if reverse { self.steps - 1 - step } else { step }
    }
}

fn split(rows: Range<usize>, parts: usize, work: &(impl Fn(Range<usize>) + Sync)) {
    if parts < 2 {
        work(rows);
        return;
    }
    let middle = rows.start + rows.len() * (parts / 2) / parts;
    let (left, right) = (rows.start..middle, middle..rows.end);
    rayon::join(|| split(left, parts / 2, work), || split(right, parts - parts / 2, work));
}

/// Which steps of which rows count.
#[derive(Clone, Copy)]
struct Mask<'a> {
    steps: usize,
    flags: Option<&'a [u8]>,
}

impl Mask<'_> {
    fn counts(self, row: usize, time: usize) -> bool {
        self.flags.is_none_or(|flags| flags[row * self.steps + time] != 0)
    }

    /// The first step of a row that counts.
    fn first(self, row: usize, reverse: bool) -> usize {
        let Some(flags) = self.flags else { return 0 };
        let flags = &flags[row * self.steps..(row + 1) * self.steps];
        let found = if reverse {
            flags.iter().rev().position(|&flag| flag != 0)
        } else {
            flags.iter().position(|&flag| flag != 0)
        };
        found.unwrap_or(self.steps)
    }
}
