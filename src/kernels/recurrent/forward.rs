//! All steps of a recurrence, first to last.

use super::panels::Panels;
use super::rows::{Ahead, Rows};
use super::{Cell, Mask, Sizes};
use crate::dtype::DType;
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::gemm::Finish;
use crate::kernels::lanes::Real;
use crate::kernels::memory::Buffer;
use crate::kernels::typed::{view, view_mut};
use std::ops::Range;
use std::ptr;

/// Inputs: projections `[batch, steps, gates · units]`, kernel `[units, gates · units]`, states `[batch, units]`, a
/// bias `[gates · units]` of the kernel's products for [`Cell::Gru`] and, if there is one more, a mask
/// `[batch, steps]`. Output: [`Sizes::packed`].
#[derive(Debug, Clone)]
pub struct Forward {
    pub cell: Cell,
    /// From the last time to the first; outputs are in the order of steps.
    pub reverse: bool,
}

impl Kernel for Forward {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if inputs[0].dtype == DType::Float32 {
            self.steps::<f32>(inputs, view_mut(output.bytes));
        } else {
            self.steps::<f64>(inputs, view_mut(output.bytes));
        }
        Ok(())
    }
}

impl Forward {
    fn steps<T: Real>(&self, inputs: &[Array<'_>], output: &mut [T]) {
        let cell = self.cell;
        let (&[batch, steps, _], &[units, columns]) = (inputs[0].shape, inputs[1].shape) else {
            unreachable!("checked when shapes were inferred")
        };
        let sizes = Sizes { batch, steps, units };
        assert_eq!(output.len(), sizes.packed(cell));
        let kernel = view::<T>(inputs[1].bytes);
        // SAFETY: the kernel's columns, gate after gate.
        let (first, second) = unsafe {
            let gates = |from: usize, to: usize| {
                Panels::new(kernel[from * units..].as_ptr(), (columns, 1), (units, (to - from) * units))
            };
            match cell {
                Cell::GruBefore => (gates(0, 2), Some(gates(2, 3))),
                Cell::Lstm | Cell::Gru | Cell::SimpleRnn => (gates(0, cell.gates()), None),
            }
        };
        let bias = if cell == Cell::Gru { view::<T>(inputs[3].bytes).as_ptr() } else { ptr::null() };
        let walk = Walk {
            cell,
            sizes,
            reverse: self.reverse,
            rows: Rows::of(cell),
            first,
            second,
            finish: Finish { bias, ..Finish::PLAIN },
            projections: view::<T>(inputs[0].bytes).as_ptr(),
            states: [view::<T>(inputs[2].bytes).as_ptr(), view::<T>(inputs[1 + cell.states()].bytes).as_ptr()],
            mask: Mask { steps, flags: inputs.get(cell.inputs()).map(|mask| mask.bytes) },
            output: output.as_mut_ptr(),
        };
        // SAFETY: all arrays have the shapes of these sizes; rows are shared out once.
        sizes.share(cell, &|rows| unsafe { walk.part(rows) });
    }
}

struct Walk<'a, T> {
    cell: Cell,
    sizes: Sizes,
    reverse: bool,
    rows: Rows<T>,
    first: Panels<T>,
    /// The product that waits for the reset gate.
    second: Option<Panels<T>>,
    finish: Finish<T>,
    projections: *const T,
    states: [*const T; 2],
    mask: Mask<'a>,
    output: *mut T,
}

// SAFETY: threads take different rows of the batch, and write to nothing else.
unsafe impl<T> Sync for Walk<'_, T> {}

impl<T: Real> Walk<'_, T> {
    /// Take `rows` of the batch through all steps.
    ///
    /// # Safety
    /// The pointers have the elements that the sizes tell of; `rows` are nobody else's.
    unsafe fn part(&self, rows: Range<usize>) {
        let Sizes { batch, steps, units } = self.sizes;
        let (cell, count, width) = (self.cell, rows.len(), self.cell.gates() * units);
        let room = Buffer::zeroed(count * (2 * units + width) * size_of::<T>());
        let h = room.as_ptr().cast::<T>();
        let c = h.wrapping_add(count * units);
        let z = c.wrapping_add(count * units);
        let operands = self.output.wrapping_add(self.sizes.result(cell));
        let kept = operands.wrapping_add(cell.operands() * self.sizes.all());
        // SAFETY: each access is to a row of this part, within the sizes.
        unsafe {
            for (state, own) in self.states.iter().zip([h, c]).take(cell.states()) {
                ptr::copy_nonoverlapping(state.add(rows.start * units), own, count * units);
            }
            let begin: Vec<usize> = rows.clone().map(|row| self.mask.first(row, self.reverse)).collect();
            for step in 0..steps {
                let time = self.sizes.time(step, self.reverse);
                let place = |row: usize| row * steps + time;
                let ahead = |i: usize, row: usize| Ahead {
                    units,
                    x: self.projections.add(place(row) * width),
                    z: z.add(i * width),
                    kept: kept.add((time * batch + row) * cell.kept() * units),
                    h: h.add(i * units),
                    c: c.add(i * units),
                };
                let counting = || rows.clone().enumerate().filter(|&(_, row)| self.mask.counts(row, time));
                for (i, row) in rows.clone().enumerate() {
                    ptr::copy_nonoverlapping(h.add(i * units), operands.add(place(row) * units), units);
                    if !self.mask.counts(row, time) {
                        ptr::write_bytes(ahead(i, row).kept, 0, cell.kept() * units);
                    }
                }
                if counting().next().is_some() {
                    self.first.multiply(count, (h, units), (z, width), &self.finish);
                }
                for (i, row) in counting() {
                    (self.rows.ahead)(&ahead(i, row));
                }
                if let (Some(second), Some(panels)) = (self.rows.ahead_second, &self.second) {
                    panels.multiply(count, (c, units), (z.add(2 * units), width), &Finish::PLAIN);
                    for (i, row) in counting() {
                        second(&ahead(i, row));
                    }
                    let left = operands.add(self.sizes.all());
                    for (i, row) in rows.clone().enumerate() {
                        let to = left.add(place(row) * units);
                        if self.mask.counts(row, time) {
                            ptr::copy_nonoverlapping(c.add(i * units), to, units);
                        } else {
                            ptr::write_bytes(to, 0, units);
                        }
                    }
                }
                for (i, row) in rows.clone().enumerate() {
                    let out = self.output.add((row * steps + step) * units);
                    if step < begin[i] {
                        ptr::write_bytes(out, 0, units);
                    } else {
                        ptr::copy_nonoverlapping(h.add(i * units), out, units);
                    }
                }
            }
            let last = self.output.add(self.sizes.all());
            for (state, own) in [h, c].into_iter().enumerate().take(cell.states()) {
                let to = last.add(state * self.sizes.state() + rows.start * units);
                ptr::copy_nonoverlapping(own, to, count * units);
            }
        }
    }
}
