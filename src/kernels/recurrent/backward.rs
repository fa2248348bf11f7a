//! The gradient of a recurrence: all steps, last to first.

use super::panels::Panels;
use super::rows::{Back, Rows};
use super::{Cell, Mask, Sizes};
use crate::dtype::DType;
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::gemm::Finish;
use crate::kernels::lanes::Real;
use crate::kernels::memory::Buffer;
use crate::kernels::typed::{view, view_mut};
use std::ops::Range;
use std::ptr;

/// Inputs: the gradient of the result, the packed output of the way there, the kernel and, if there was one, the
/// mask. Output: [`Sizes::gradients`].
#[derive(Debug, Clone)]
pub struct Backward {
    pub cell: Cell,
    pub sizes: Sizes,
    pub reverse: bool,
}

impl Kernel for Backward {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if inputs[0].dtype == DType::Float32 {
            self.steps::<f32>(inputs, view_mut(output.bytes));
        } else {
            self.steps::<f64>(inputs, view_mut(output.bytes));
        }
        Ok(())
    }
}

impl Backward {
    fn steps<T: Real>(&self, inputs: &[Array<'_>], output: &mut [T]) {
        let (cell, sizes, units) = (self.cell, self.sizes, self.sizes.units);
        let [grad, packed, kernel] = [0, 1, 2].map(|i| view::<T>(inputs[i].bytes));
        assert_eq!(
            (grad.len(), packed.len(), output.len()),
            (sizes.result(cell), sizes.packed(cell), sizes.gradients(cell))
        );
        let columns = cell.gates() * units;
        // SAFETY: the kernel's columns, gate after gate, as rows.
        let (first, second) = unsafe {
            let gates = |from: usize, to: usize| {
                Panels::new(kernel[from * units..].as_ptr(), (1, columns), ((to - from) * units, units))
            };
            match cell {
                Cell::GruBefore => (gates(0, 2), Some(gates(2, 3))),
                Cell::Lstm | Cell::Gru | Cell::SimpleRnn => (gates(0, cell.gates()), None),
            }
        };
        let walk = Walk {
            cell,
            sizes,
            reverse: self.reverse,
            rows: Rows::of(cell),
            first,
            second,
            grad: grad.as_ptr(),
            packed: packed.as_ptr(),
            mask: Mask { steps: sizes.steps, flags: inputs.get(3).map(|mask| mask.bytes) },
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
    /// The product before which the reset gate acts.
    second: Option<Panels<T>>,
    grad: *const T,
    packed: *const T,
    mask: Mask<'a>,
    output: *mut T,
}

// SAFETY: threads take different rows of the batch, and write to nothing else.
unsafe impl<T> Sync for Walk<'_, T> {}

impl<T: Real> Walk<'_, T> {
    /// Take `rows` of the batch back through all steps.
    ///
    /// # Safety
    /// The pointers have the elements that the sizes tell of; `rows` are nobody else's.
    unsafe fn part(&self, rows: Range<usize>) {
        let Sizes { batch, steps, units } = self.sizes;
        let (cell, sizes, count, width) = (self.cell, self.sizes, rows.len(), self.cell.gates() * units);
        let room = Buffer::new(count * (2 * units + width) * size_of::<T>());
        let dh = room.as_ptr().cast::<T>();
        let dc = dh.wrapping_add(count * units);
        let dz = dc.wrapping_add(count * units);
        let operands = self.packed.wrapping_add(sizes.result(cell));
        let kept = operands.wrapping_add(cell.operands() * sizes.all());
        let split = self.output.wrapping_add(sizes.projections(cell));
        let first_states = split.wrapping_add(if cell.splits() { sizes.all() } else { 0 });
        let adding = Finish { accumulate: true, ..Finish::PLAIN };
        // SAFETY: each access is to a row of this part, within the sizes.
        unsafe {
            for (state, own) in [dh, dc].into_iter().enumerate().take(cell.states()) {
                let from = self.grad.add(sizes.all() + state * sizes.state() + rows.start * units);
                ptr::copy_nonoverlapping(from, own, count * units);
            }
            let begin: Vec<usize> = rows.clone().map(|row| self.mask.first(row, self.reverse)).collect();
            for step in (0..steps).rev() {
                let time = sizes.time(step, self.reverse);
                let place = |row: usize| row * steps + time;
                let back = |i: usize, row: usize| Back {
                    units,
                    kept: kept.add((time * batch + row) * cell.kept() * units),
                    h: operands.add(place(row) * units),
                    grad: self.grad.add((row * steps + step) * units),
                    dh: dh.add(i * units),
                    dc: dc.add(i * units),
                    dx: self.output.add(place(row) * width),
                    dz: dz.add(i * width),
                    split: if cell.splits() { split.add(place(row) * units) } else { ptr::null_mut() },
                };
                let mut any = false;
                for (i, row) in rows.clone().enumerate() {
                    let at = back(i, row);
                    if self.mask.counts(row, time) {
                        any = true;
                        (self.rows.back)(&at);
                    } else {
                        self.carry(&at, step >= begin[i]);
                    }
                }
                if !any {
                    continue;
                }
                if let (Some(second), Some(panels)) = (self.rows.back_second, &self.second) {
                    panels.multiply(count, (dz.add(2 * units), width), (dc, units), &Finish::PLAIN);
                    for (i, row) in rows.clone().enumerate().filter(|&(_, row)| self.mask.counts(row, time)) {
                        second(&back(i, row));
                    }
                }
                self.first.multiply(count, (dz, width), (dh, units), &adding);
            }
            for (state, own) in [dh, dc].into_iter().enumerate().take(cell.states()) {
                let to = first_states.add(state * sizes.state() + rows.start * units);
                ptr::copy_nonoverlapping(own, to, count * units);
            }
        }
    }

    /// A step that does not count, whose output is the state unless it comes before all that count.
    ///
    /// # Safety
    /// As [`Walk::part`].
    unsafe fn carry(&self, at: &Back<T>, shown: bool) {
        let width = self.cell.gates() * at.units;
        // SAFETY: the caller's promise.
        unsafe {
            ptr::write_bytes(at.dx, 0, width);
            ptr::write_bytes(at.dz, 0, width);
            if self.cell.splits() {
                ptr::write_bytes(at.split, 0, at.units);
            }
            if shown {
                for unit in 0..at.units {
                    *at.dh.add(unit) = *at.dh.add(unit) + *at.grad.add(unit);
                }
            }
        }
    }
}
