//! The gradient of a convolution's input: a convolution of the output's gradient, for each remainder of the strides.

use super::depthwise::{self, Real};
use super::forward::{Columns, slide};
use super::sweep::Sweep;
use super::{Geometry, Window};
use crate::dtype::DType;
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::gemm::{Finish, Gemm};
use crate::kernels::memory::Buffer;
use crate::kernels::typed::{view, view_mut};

/// Inputs: the gradient of the output and the kernel. Output: the gradient of the input.
#[derive(Debug, Clone)]
pub struct Input {
    pub window: Window,
}

impl Kernel for Input {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if output.dtype == DType::Float32 {
            self.slide::<f32>(inputs, output)
        } else {
            self.slide::<f64>(inputs, output)
        }
        Ok(())
    }
}

impl Input {
    fn slide<T: Real>(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) {
        let g = Geometry::new(&self.window, output.shape, inputs[1].shape, inputs[0].shape);
        let (dy, w) = (view::<T>(inputs[0].bytes), view::<T>(inputs[1].bytes));
        let dx = view_mut::<T>(output.bytes);
        if dx.is_empty() {
            return;
        }
        // SAFETY: the arrays have the shapes of the geometry; different sweeps write to different pixels.
        unsafe {
            if g.is_pointwise() {
                let (m, n, k) = (g.pixels(), g.channels, g.filters);
                let product = Gemm { b_rs: 1, b_cs: k as isize, ..Gemm::contiguous(m, n, k) };
                product.run(dy.as_ptr(), w.as_ptr(), dx.as_mut_ptr(), &Finish::PLAIN, rayon::current_num_threads());
                return;
            }
            if g.is_depthwise() {
                let (pairs, times) = (g.paired(), g.depth());
                let each = Buffer::new(if times == 1 { 0 } else { dx.len() * times * size_of::<T>() });
                let to = if times == 1 { dx.as_mut_ptr() } else { each.as_ptr().cast::<T>() };
                for sweep in Sweep::backward(&pairs) {
                    depthwise::window(&pairs, &sweep, dy.as_ptr(), w.as_ptr(), to, Finish::PLAIN);
                }
                if times > 1 {
                    depthwise::summed(view(each.bytes()), times, dx);
                }
                return;
            }
            let kernel = Columns {
                start: &|group| group * g.depth(),
                strides: (1, g.filters as isize),
                run: g.depth(),
                runs: &|place| place * g.width() * g.filters,
                columns: g.width(),
            };
            for sweep in Sweep::backward(&g) {
                slide(&g, &sweep, dy.as_ptr(), w.as_ptr(), &kernel, dx.as_mut_ptr(), Finish::PLAIN);
            }
        }
    }
}
