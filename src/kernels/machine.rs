//! Runs a list of instructions over one arena and memory from outside.

use super::data::{Array, ArrayMut, Kernel};
use super::denormal::Flushed;
use super::gemm::{Batch, Finish};
use super::memory::Buffer;
use super::program::{Place, Program};
use crate::dtype::DType;
use crate::shape::Spec;
use std::ptr;
use std::slice;
use std::sync::{Arc, Mutex};

/// Multiplications, or elements, from which on threads may be used.
const WIDE: usize = 1 << 19;

#[derive(Debug)]
pub enum Instruction {
    Program(Program),
    Matmul { batch: Batch, dtype: DType, a: Place, b: Place, c: Place, bias: Option<Place>, relu: bool },
    Kernel { kernel: Arc<dyn Kernel>, inputs: Vec<(Place, Spec)>, output: (Place, Spec) },
    Copy { from: Place, to: Place, bytes: usize },
}

/// Memory that a run is given.
pub enum External<'a> {
    Read(&'a [u8]),
    Write(&'a mut [u8]),
}

/// What a run must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    pub bytes: usize,
    pub written: bool,
}

/// The bases are: the arena, the constants, then what each run is given.
#[derive(Debug)]
pub struct Machine {
    pub instructions: Vec<Instruction>,
    pub arena: usize,
    pub constants: Vec<Buffer>,
    pub externals: Vec<Expected>,
    /// Arenas that wait for a run, so that several threads may run at once.
    pub pool: Mutex<Vec<Buffer>>,
}

impl Machine {
    /// Run once; an error is about values, and what was written until then stays.
    pub fn run(&self, externals: &mut [External<'_>]) -> Result<(), String> {
        assert_eq!(externals.len(), self.externals.len(), "one memory for each external of the plan");
        let arena = self.pool.lock().expect("no run panics with the pool").pop();
        let arena = arena.unwrap_or_else(|| Buffer::zeroed(self.arena));
        let mut small = [ptr::null_mut::<u8>(); 64];
        let count = 1 + self.constants.len() + externals.len();
        let mut large = Vec::new();
        let bases: &mut [*mut u8] = if count <= small.len() {
            &mut small[..count]
        } else {
            large.resize(count, ptr::null_mut());
            &mut large
        };
        bases[0] = arena.as_ptr();
        for (base, constant) in bases[1..].iter_mut().zip(&self.constants) {
            *base = constant.as_ptr();
        }
        let given = bases[1 + self.constants.len()..].iter_mut();
        for ((base, external), expected) in given.zip(externals.iter_mut()).zip(&self.externals) {
            let (start, len) = match external {
                External::Read(bytes) => {
                    assert!(!expected.written, "memory to write must be given as such");
                    (bytes.as_ptr().cast_mut(), bytes.len())
                }
                External::Write(bytes) => (bytes.as_mut_ptr(), bytes.len()),
            };
            assert!(len >= expected.bytes, "memory of {} bytes where the plan needs {}", len, expected.bytes);
            *base = start;
        }
        let _flushed = Flushed::new();
        let result = if self.instructions.iter().any(Instruction::is_wide) {
            let shared = Shared(bases);
            // Within the pool, threads are met without being woken.
            rayon::scope(|_| self.execute(&shared))
        } else {
            self.execute(&Shared(bases))
        };
        self.pool.lock().expect("no run panics with the pool").push(arena);
        result
    }
}

/// The bases of one run, on whichever thread it runs.
struct Shared<'a>(&'a [*mut u8]);

// SAFETY: the memory behind the bases is borrowed for the whole run.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above; instructions run one after the other and split disjoint memory among threads.
unsafe impl Sync for Shared<'_> {}

impl Machine {
    fn execute(&self, bases: &Shared<'_>) -> Result<(), String> {
        // SAFETY: every base was checked against the size that the plan laid out; the arena is this run's own.
        self.instructions.iter().try_for_each(|instruction| unsafe { instruction.run(bases.0) })
    }
}

impl Instruction {
    /// Whether it is worth more than one thread.
    fn is_wide(&self) -> bool {
        match self {
            Self::Program(program) => program.is_wide(),
            Self::Matmul { batch, .. } => batch.count() * batch.gemm.m * batch.gemm.n * batch.gemm.k >= WIDE,
            Self::Kernel { output: (_, spec), inputs, .. } => {
                inputs.iter().map(|(_, input)| input).chain([spec]).any(|spec| spec.shape.count() >= WIDE)
            }
            Self::Copy { .. } => false,
        }
    }

    /// # Safety
    /// All places must be valid for what the instruction reads and writes there.
    unsafe fn run(&self, bases: &[*mut u8]) -> Result<(), String> {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Self::Program(program) => program.run(bases),
                Self::Matmul { batch, dtype, a, b, c, bias, relu } => {
                    let (a, b, c) = (a.pointer(bases), b.pointer(bases), c.pointer(bases));
                    let bias = bias.map_or(ptr::null_mut(), |place| place.pointer(bases));
                    let threads = rayon::current_num_threads();
                    match dtype {
                        DType::Float32 => {
                            let finish =
                                Finish { bias: bias.cast_const().cast::<f32>(), relu: *relu, accumulate: false };
                            batch.run::<f32>(a.cast(), b.cast(), c.cast(), &finish, threads);
                        }
                        DType::Float64 => {
                            let finish =
                                Finish { bias: bias.cast_const().cast::<f64>(), relu: *relu, accumulate: false };
                            batch.run::<f64>(a.cast(), b.cast(), c.cast(), &finish, threads);
                        }
                        DType::Int32 => batch.run_exact::<i32>(a.cast(), b.cast(), c.cast()),
                        DType::Int64 => batch.run_exact::<i64>(a.cast(), b.cast(), c.cast()),
                        DType::Uint8 => batch.run_exact::<u8>(a.cast(), b.cast(), c.cast()),
                        DType::Bool => batch.run_exact::<bool>(a.cast(), b.cast(), c.cast()),
                    }
                }
                Self::Kernel { kernel, inputs, output: (place, spec) } => {
                    let target = *place;
                    let arrays: Vec<Array<'_>> = (inputs.iter())
                        .map(|(place, spec)| {
                            let taken_over = kernel.in_place() && *place == target;
                            let len = if taken_over { 0 } else { spec.bytes() };
                            let bytes = slice::from_raw_parts(place.pointer(bases), len);
                            Array { bytes, shape: spec.shape.dims(), dtype: spec.dtype }
                        })
                        .collect();
                    let bytes = slice::from_raw_parts_mut(place.pointer(bases), spec.bytes());
                    kernel.run(&arrays, &mut ArrayMut { bytes, shape: spec.shape.dims(), dtype: spec.dtype })?;
                }
                Self::Copy { from, to, bytes } => {
                    ptr::copy(from.pointer(bases), to.pointer(bases), *bytes);
                }
            }
        }
        Ok(())
    }
}
