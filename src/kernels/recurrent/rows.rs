//! The element-wise part of a step, one row of the batch at a time.

use super::Cell;
use crate::kernels::isa::{FEW, Isa, compiled};
use crate::kernels::lanes::{Lanes, Real};

/// A row of a step forward. Arrays of several gates hold their units one gate after the other.
pub(super) struct Ahead<T> {
    pub(super) units: usize,
    /// The projection of the input.
    pub(super) x: *const T,
    /// The product of state and kernel.
    pub(super) z: *const T,
    /// What is kept for the way back.
    pub(super) kept: *mut T,
    /// The state before and, at the end, after the step.
    pub(super) h: *mut T,
    /// The other state, or what the reset gate leaves of the state.
    pub(super) c: *mut T,
}

/// A row of a step backward.
pub(super) struct Back<T> {
    pub(super) units: usize,
    pub(super) kept: *const T,
    /// The state before.
    pub(super) h: *const T,
    /// The gradient of the output.
    pub(super) grad: *const T,
    /// The gradient of the state and, at the end, of the state before, but for what comes through the kernel.
    pub(super) dh: *mut T,
    /// The same for the other state; or the gradient of what the reset gate left of the state.
    pub(super) dc: *mut T,
    /// The gradient of the projection.
    pub(super) dx: *mut T,
    /// The gradient of the product of state and kernel.
    pub(super) dz: *mut T,
    /// The part of it that is not the projection's.
    pub(super) split: *mut T,
}

pub(super) type Row<R> = unsafe fn(&R);

/// The loops of a cell. The second of two waits for a product of what the first one gives.
pub(super) struct Rows<T> {
    pub(super) ahead: Row<Ahead<T>>,
    pub(super) ahead_second: Option<Row<Ahead<T>>>,
    pub(super) back: Row<Back<T>>,
    pub(super) back_second: Option<Row<Back<T>>>,
}

impl<T: Real> Rows<T> {
    pub(super) fn of(cell: Cell) -> Self {
        match cell {
            Cell::Lstm => Self { ahead: lstm(), ahead_second: None, back: lstm_back(), back_second: None },
            Cell::Gru => Self { ahead: gru(), ahead_second: None, back: gru_back(), back_second: None },
            Cell::GruBefore => Self {
                ahead: reset(),
                ahead_second: Some(update()),
                back: update_back(),
                back_second: Some(reset_back()),
            },
            Cell::SimpleRnn => Self { ahead: simple(), ahead_second: None, back: simple_back(), back_second: None },
        }
    }
}

#[inline(always)]
fn sigmoid<T: Real, I: Isa>(x: Lanes<T>) -> Lanes<T> {
    x.map(T::sigmoid::<I>)
}

#[inline(always)]
fn tanh<T: Real, I: Isa>(x: Lanes<T>) -> Lanes<T> {
    x.map(T::tanh::<I>)
}

/// `$body` for each group of units; `load!(p, gate)` and `store!(value, p, gate)` reach the group's.
macro_rules! each {
    ($row:ident, $load:ident, $store:ident, $body:block) => {
        let units = $row.units;
        for start in (0..units).step_by(FEW) {
            let n = units - start;
            macro_rules! $load {
                ($from:ident, $gate:expr) => {
                    // SAFETY: `n` units of this gate are left.
                    unsafe { Lanes::<T>::load::<I>($row.$from.add($gate * units + start), n) }
                };
            }
            macro_rules! $store {
                ($value:expr, $to:ident, $gate:expr) => {{
                    let value = $value;
                    // SAFETY: as above.
                    unsafe { value.store::<I>($row.$to.add($gate * units + start), n) }
                }};
            }
            $body
        }
    };
}

#[inline(always)]
unsafe fn lstm_row<T: Real, I: Isa>(row: &Ahead<T>) {
    each!(row, load, store, {
        let i = sigmoid::<T, I>(load!(x, 0) + load!(z, 0));
        let f = sigmoid::<T, I>(load!(x, 1) + load!(z, 1));
        let g = tanh::<T, I>(load!(x, 2) + load!(z, 2));
        let o = sigmoid::<T, I>(load!(x, 3) + load!(z, 3));
        let before = load!(c, 0);
        let c = f * before + i * g;
        store!(i, kept, 0);
        store!(f, kept, 1);
        store!(g, kept, 2);
        store!(o, kept, 3);
        store!(before, kept, 4);
        store!(c, c, 0);
        store!(o * tanh::<T, I>(c), h, 0);
    });
}

#[inline(always)]
unsafe fn lstm_back_row<T: Real, I: Isa>(row: &Back<T>) {
    each!(row, load, store, {
        let (i, f, g, o) = (load!(kept, 0), load!(kept, 1), load!(kept, 2), load!(kept, 3));
        let before = load!(kept, 4);
        let t = tanh::<T, I>(f * before + i * g);
        let dh = load!(dh, 0) + load!(grad, 0);
        let dc = load!(dc, 0) + dh * o * t.rest_of_square();
        let gates =
            [dc * g * i * i.rest(), dc * before * f * f.rest(), dc * i * g.rest_of_square(), dh * t * o * o.rest()];
        for (gate, d) in gates.into_iter().enumerate() {
            store!(d, dx, gate);
            store!(d, dz, gate);
        }
        store!(dc * f, dc, 0);
        store!(Lanes([T::ZERO; FEW]), dh, 0);
    });
}

#[inline(always)]
unsafe fn gru_row<T: Real, I: Isa>(row: &Ahead<T>) {
    each!(row, load, store, {
        let u = sigmoid::<T, I>(load!(x, 0) + load!(z, 0));
        let r = sigmoid::<T, I>(load!(x, 1) + load!(z, 1));
        let product = load!(z, 2);
        let new = tanh::<T, I>(load!(x, 2) + r * product);
        store!(u, kept, 0);
        store!(r, kept, 1);
        store!(new, kept, 2);
        store!(product, kept, 3);
        store!(u * load!(h, 0) + u.rest() * new, h, 0);
    });
}

#[inline(always)]
unsafe fn gru_back_row<T: Real, I: Isa>(row: &Back<T>) {
    each!(row, load, store, {
        let (u, r, new, product) = (load!(kept, 0), load!(kept, 1), load!(kept, 2), load!(kept, 3));
        let dh = load!(dh, 0) + load!(grad, 0);
        let du = dh * (load!(h, 0) - new) * u * u.rest();
        let dnew = dh * u.rest() * new.rest_of_square();
        let dr = dnew * product * r * r.rest();
        let dproduct = dnew * r;
        store!(du, dx, 0);
        store!(dr, dx, 1);
        store!(dnew, dx, 2);
        store!(du, dz, 0);
        store!(dr, dz, 1);
        store!(dproduct, dz, 2);
        store!(dproduct, split, 0);
        store!(dh * u, dh, 0);
    });
}

/// The gates, and what the reset gate leaves of the state.
#[inline(always)]
unsafe fn reset_row<T: Real, I: Isa>(row: &Ahead<T>) {
    each!(row, load, store, {
        let u = sigmoid::<T, I>(load!(x, 0) + load!(z, 0));
        let r = sigmoid::<T, I>(load!(x, 1) + load!(z, 1));
        store!(u, kept, 0);
        store!(r, kept, 1);
        store!(r * load!(h, 0), c, 0);
    });
}

/// The new state, from the product of what is left of the old one.
#[inline(always)]
unsafe fn update_row<T: Real, I: Isa>(row: &Ahead<T>) {
    each!(row, load, store, {
        let u = load!(kept, 0);
        let new = tanh::<T, I>(load!(x, 2) + load!(z, 2));
        store!(new, kept, 2);
        store!(u * load!(h, 0) + u.rest() * new, h, 0);
    });
}

#[inline(always)]
unsafe fn update_back_row<T: Real, I: Isa>(row: &Back<T>) {
    each!(row, load, store, {
        let (u, new) = (load!(kept, 0), load!(kept, 2));
        let dh = load!(dh, 0) + load!(grad, 0);
        let du = dh * (load!(h, 0) - new) * u * u.rest();
        let dnew = dh * u.rest() * new.rest_of_square();
        store!(du, dx, 0);
        store!(dnew, dx, 2);
        store!(du, dz, 0);
        store!(dnew, dz, 2);
        store!(dh * u, dh, 0);
    });
}

#[inline(always)]
unsafe fn reset_back_row<T: Real, I: Isa>(row: &Back<T>) {
    each!(row, load, store, {
        let r = load!(kept, 1);
        let left = load!(dc, 0);
        let dr = left * load!(h, 0) * r * r.rest();
        store!(dr, dx, 1);
        store!(dr, dz, 1);
        store!(load!(dh, 0) + left * r, dh, 0);
    });
}

#[inline(always)]
unsafe fn simple_row<T: Real, I: Isa>(row: &Ahead<T>) {
    each!(row, load, store, {
        let h = tanh::<T, I>(load!(x, 0) + load!(z, 0));
        store!(h, kept, 0);
        store!(h, h, 0);
    });
}

#[inline(always)]
unsafe fn simple_back_row<T: Real, I: Isa>(row: &Back<T>) {
    each!(row, load, store, {
        let d = (load!(dh, 0) + load!(grad, 0)) * load!(kept, 0).rest_of_square();
        store!(d, dx, 0);
        store!(d, dz, 0);
        store!(Lanes([T::ZERO; FEW]), dh, 0);
    });
}

compiled!(fn lstm[T: Real] -> Row<Ahead<T>> = lstm_row(row: &Ahead<T>));
compiled!(fn lstm_back[T: Real] -> Row<Back<T>> = lstm_back_row(row: &Back<T>));
compiled!(fn gru[T: Real] -> Row<Ahead<T>> = gru_row(row: &Ahead<T>));
compiled!(fn gru_back[T: Real] -> Row<Back<T>> = gru_back_row(row: &Back<T>));
compiled!(fn reset[T: Real] -> Row<Ahead<T>> = reset_row(row: &Ahead<T>));
compiled!(fn reset_back[T: Real] -> Row<Back<T>> = reset_back_row(row: &Back<T>));
compiled!(fn update[T: Real] -> Row<Ahead<T>> = update_row(row: &Ahead<T>));
compiled!(fn update_back[T: Real] -> Row<Back<T>> = update_back_row(row: &Back<T>));
compiled!(fn simple[T: Real] -> Row<Ahead<T>> = simple_row(row: &Ahead<T>));
compiled!(fn simple_back[T: Real] -> Row<Back<T>> = simple_back_row(row: &Back<T>));
