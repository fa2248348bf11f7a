//! Products of integers and booleans: a plain loop, exact and wrapping.

use super::Gemm;

/// Elements whose product is summed exactly: `+` and `·` wrap, and are "or" and "and" for `bool`.
pub trait Number: Copy + Send + Sync + 'static {
    const ZERO: Self;

    #[must_use]
    fn multiply_add(self, a: Self, b: Self) -> Self;
}

macro_rules! wrapping {
    ($($t:ty),+) => {$(
        impl Number for $t {
            const ZERO: Self = 0;

            #[inline]
            fn multiply_add(self, a: Self, b: Self) -> Self {
                self.wrapping_add(a.wrapping_mul(b))
            }
        }
    )+};
}

wrapping!(i32, i64, u8);

impl Number for bool {
    const ZERO: Self = false;

    #[inline]
    fn multiply_add(self, a: Self, b: Self) -> Self {
        self | (a & b)
    }
}

impl Gemm {
    /// `C = A · B`, exactly.
    ///
    /// # Safety
    /// As [`Gemm::run_f32`].
    pub unsafe fn run_exact<T: Number>(&self, a: *const T, b: *const T, c: *mut T) {
        for i in 0..self.m as isize {
            // SAFETY: the caller vouches for row `i` of A and C and for all of B; C overlaps neither, and its row is
            // initialized before a slice of it is made.
            unsafe {
                let row = c.offset(i * self.c_rs);
                for j in 0..self.n {
                    row.add(j).write(T::ZERO);
                }
                let row = std::slice::from_raw_parts_mut(row, self.n);
                for p in 0..self.k as isize {
                    let x = *a.offset(i * self.a_rs + p * self.a_cs);
                    let other = b.offset(p * self.b_rs);
                    for (j, sum) in row.iter_mut().enumerate() {
                        *sum = sum.multiply_add(x, *other.offset(j as isize * self.b_cs));
                    }
                }
            }
        }
    }
}
