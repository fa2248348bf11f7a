use super::{Backward, Cell, Forward, Sizes};
use crate::dtype::DType;
use crate::kernels::isa::testing::at_every_level;
use crate::kernels::typed::testing::{Owned, run};

const CELLS: [Cell; 4] = [Cell::Lstm, Cell::Gru, Cell::GruBefore, Cell::SimpleRnn];

/// One call of a recurrence, in `f64`.
#[derive(Clone)]
struct Case {
    cell: Cell,
    sizes: Sizes,
    reverse: bool,
    /// Projections, kernel, then states or state and bias.
    floats: Vec<Vec<f64>>,
    mask: Option<Vec<u8>>,
}

fn numbers(count: usize, seed: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729 + 13) % 1009) as f64 / 504.0 - 1.0).collect()
}

impl Case {
    fn new(cell: Cell, (batch, steps, units): (usize, usize, usize), reverse: bool, masked: bool) -> Self {
        let sizes = Sizes { batch, steps, units };
        let mut case = Self { cell, sizes, reverse, floats: Vec::new(), mask: None };
        let shapes = case.shapes();
        case.floats = shapes.iter().enumerate().map(|(i, shape)| numbers(shape.iter().product(), i)).collect();
        // Rows that begin late, have gaps, are whole, and count nowhere.
        let flag = |row: usize, time: usize| match row % 4 {
            0 => time > steps / 3 && time % 4 != 2,
            1 => time + 1 < steps,
            2 => true,
            _ => false,
        };
        case.mask = masked.then(|| (0..batch * steps).map(|i| u8::from(flag(i / steps, i % steps))).collect());
        case
    }

    fn shapes(&self) -> Vec<Vec<usize>> {
        let Sizes { batch, steps, units } = self.sizes;
        let width = self.cell.gates() * units;
        let mut shapes = vec![vec![batch, steps, width], vec![units, width], vec![batch, units]];
        match self.cell {
            Cell::Lstm => shapes.push(vec![batch, units]),
            Cell::Gru => shapes.push(vec![width]),
            Cell::GruBefore | Cell::SimpleRnn => {}
        }
        shapes
    }

    fn mask(&self) -> Option<Owned> {
        let shape = [self.sizes.batch, self.sizes.steps];
        self.mask.as_ref().map(|mask| Owned::new(mask, &shape, DType::Bool))
    }

    fn packed(&self, dtype: DType) -> Owned {
        let mut inputs: Vec<Owned> =
            self.floats.iter().zip(self.shapes()).map(|(values, shape)| owned(values, &shape, dtype)).collect();
        inputs.extend(self.mask());
        let inputs: Vec<&Owned> = inputs.iter().collect();
        let kernel = Forward { cell: self.cell, reverse: self.reverse };
        run(&kernel, &inputs, &[self.sizes.packed(self.cell)], dtype).unwrap()
    }

    /// Outputs and last states.
    fn result(&self) -> Vec<f64> {
        let mut packed = self.packed(DType::Float64).values::<f64>();
        packed.truncate(self.sizes.result(self.cell));
        packed
    }

    /// The packed gradients, for the gradient `grad` of the result.
    fn gradients(&self, grad: &[f64], dtype: DType) -> Owned {
        let (cell, sizes) = (self.cell, self.sizes);
        let mut inputs = vec![
            owned(grad, &[grad.len()], dtype),
            self.packed(dtype),
            owned(&self.floats[1], &self.shapes()[1], dtype),
        ];
        inputs.extend(self.mask());
        let inputs: Vec<&Owned> = inputs.iter().collect();
        run(&Backward { cell, sizes, reverse: self.reverse }, &inputs, &[sizes.gradients(cell)], dtype).unwrap()
    }

    /// The result, by the formulas, a number at a time.
    fn naive(&self) -> Vec<f64> {
        let Sizes { batch, steps, units } = self.sizes;
        let (x, kernel, width) = (&self.floats[0], &self.floats[1], self.cell.gates() * units);
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let mut result = vec![0.0; self.sizes.result(self.cell)];
        for row in 0..batch {
            let mut h = self.floats[2][row * units..][..units].to_vec();
            let mut c = if self.cell == Cell::Lstm { self.floats[3][row * units..][..units].to_vec() } else { vec![] };
            let mut seen = false;
            for step in 0..steps {
                let time = if self.reverse { steps - 1 - step } else { step };
                if self.mask.as_ref().is_none_or(|mask| mask[row * steps + time] == 1) {
                    seen = true;
                    let product = |h: &[f64], column: usize| -> f64 {
                        let bias = if self.cell == Cell::Gru { self.floats[3][column] } else { 0.0 };
                        h.iter().enumerate().map(|(k, h)| h * kernel[k * width + column]).sum::<f64>() + bias
                    };
                    let x = |gate: usize, u: usize| x[(row * steps + time) * width + gate * units + u];
                    let gate = |gate: usize, u: usize| sigmoid(x(gate, u) + product(&h, gate * units + u));
                    let mut new = h.clone();
                    for u in 0..units {
                        match self.cell {
                            Cell::Lstm => {
                                let g = (x(2, u) + product(&h, 2 * units + u)).tanh();
                                c[u] = gate(1, u) * c[u] + gate(0, u) * g;
                                new[u] = gate(3, u) * c[u].tanh();
                            }
                            Cell::Gru | Cell::GruBefore => {
                                let inner = if self.cell == Cell::Gru {
                                    gate(1, u) * product(&h, 2 * units + u)
                                } else {
                                    let left: Vec<f64> = (0..units).map(|k| gate(1, k) * h[k]).collect();
                                    product(&left, 2 * units + u)
                                };
                                let candidate = (x(2, u) + inner).tanh();
                                new[u] = gate(0, u) * h[u] + (1.0 - gate(0, u)) * candidate;
                            }
                            Cell::SimpleRnn => new[u] = (x(0, u) + product(&h, u)).tanh(),
                        }
                    }
                    h = new;
                }
                if seen {
                    result[(row * steps + step) * units..][..units].copy_from_slice(&h);
                }
            }
            result[self.sizes.all() + row * units..][..units].copy_from_slice(&h);
            if self.cell == Cell::Lstm {
                result[self.sizes.all() + (batch + row) * units..][..units].copy_from_slice(&c);
            }
        }
        result
    }
}

fn owned(values: &[f64], shape: &[usize], dtype: DType) -> Owned {
    if dtype == DType::Float64 {
        return Owned::new(values, shape, dtype);
    }
    let values: Vec<f32> = values.iter().map(|&x| x as f32).collect();
    Owned::new(&values, shape, dtype)
}

fn close(got: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len());
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{what}, element {i}: {a}, not {b}");
    }
}

fn each(sizes: &[(usize, usize, usize)], check: impl Fn(&Case, &str)) {
    for &size in sizes {
        for cell in CELLS {
            for (reverse, masked) in [(false, false), (true, false), (false, true), (true, true)] {
                let what = format!("{cell:?} {size:?} reverse={reverse} masked={masked}");
                check(&Case::new(cell, size, reverse, masked), &what);
            }
        }
    }
}

#[test]
fn equals_the_formulas() {
    at_every_level(|_| {
        each(&[(1, 1, 1), (4, 6, 3), (5, 3, 17), (2, 4, 33), (7, 2, 70)], |case, what| {
            let want = case.naive();
            close(&case.result(), &want, 1e-12, what);
            let got = case.packed(DType::Float32).values::<f32>();
            let got: Vec<f64> = got[..want.len()].iter().map(|&x| x.into()).collect();
            close(&got, &want, 2e-5, what);
        });
    });
}

/// The gradient of what the kernel gives for the projections and the first states, against differences.
#[test]
fn gradient_equals_differences() {
    each(&[(1, 1, 1), (4, 5, 3), (4, 3, 18)], |case, what| {
        let grad = numbers(case.sizes.result(case.cell), 9);
        let value = |case: &Case| -> f64 { case.result().iter().zip(&grad).map(|(a, b)| a * b).sum() };
        let got = case.gradients(&grad, DType::Float64).values::<f64>();
        let split = case.sizes.gradients(case.cell) - case.cell.states() * case.sizes.state();
        for (input, start) in
            [(0, 0), (2, split), (3, split + case.sizes.state())].into_iter().take(1 + case.cell.states())
        {
            for at in 0..case.floats[input].len() {
                let [high, low] = [1e-6, -1e-6].map(|step| {
                    let mut moved = case.clone();
                    moved.floats[input][at] += step;
                    value(&moved)
                });
                close(&[got[start + at]], &[(high - low) / 2e-6], 1e-7, what);
            }
        }
        let low: Vec<f64> = case.gradients(&grad, DType::Float32).values::<f32>().iter().map(|&x| x.into()).collect();
        close(&low, &got, 1e-4, what);
    });
}

/// The gradient of the kernel (and of its bias) from what is kept and given, as products of matrices make it.
#[test]
fn kernel_gradient_from_operands() {
    each(&[(4, 5, 3)], |case, what| {
        let (cell, sizes) = (case.cell, case.sizes);
        let (units, width) = (sizes.units, cell.gates() * sizes.units);
        let grad = numbers(sizes.result(cell), 9);
        let value = |case: &Case| -> f64 { case.result().iter().zip(&grad).map(|(a, b)| a * b).sum() };
        let d = case.gradients(&grad, DType::Float64).values::<f64>();
        let packed = case.packed(DType::Float64).values::<f64>();
        let last = width - units;
        let inner = |place: usize, column: usize| {
            if cell.splits() && column >= last {
                d[sizes.projections(cell) + place * units + column - last]
            } else {
                d[place * width + column]
            }
        };
        let left = |place: usize, k: usize, column: usize| {
            let second = cell == Cell::GruBefore && column >= last;
            packed[sizes.result(cell) + usize::from(second) * sizes.all() + place * units + k]
        };
        let places = sizes.batch * sizes.steps;
        let differences = |input: usize, at: usize| {
            let [high, low] = [1e-6, -1e-6].map(|step| {
                let mut moved = case.clone();
                moved.floats[input][at] += step;
                value(&moved)
            });
            (high - low) / 2e-6
        };
        for column in 0..width {
            for k in 0..units {
                let got: f64 = (0..places).map(|place| left(place, k, column) * inner(place, column)).sum();
                close(&[got], &[differences(1, k * width + column)], 1e-7, what);
            }
            if cell == Cell::Gru {
                let got: f64 = (0..places).map(|place| inner(place, column)).sum();
                close(&[got], &[differences(3, column)], 1e-7, what);
            }
        }
    });
}

/// Bits depend neither on threads nor on the rows that go along.
#[test]
fn threads_and_neighbours_change_nothing() {
    for cell in CELLS {
        let case = Case::new(cell, (9, 50, 68), false, true);
        let grad = numbers(case.sizes.result(cell), 9);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                (case.packed(DType::Float32).values::<u32>(), case.gradients(&grad, DType::Float32).values::<u32>())
            })
        };
        let alone = run(1);
        for threads in [2, 3, 16] {
            assert!(run(threads) == alone, "{cell:?} on {threads} threads");
        }
    }
}

/// What masked steps hold is never looked at.
#[test]
fn masked_steps_may_hold_anything() {
    each(&[(4, 6, 5)], |case, what| {
        let Some(mask) = &case.mask else { return };
        let mut odd = case.clone();
        let width = case.cell.gates() * case.sizes.units;
        for (place, _) in mask.iter().enumerate().filter(|(_, flag)| **flag == 0) {
            odd.floats[0][place * width..][..width].fill(f64::NAN);
        }
        let grad = numbers(case.sizes.result(case.cell), 9);
        close(&odd.result(), &case.result(), 0.0, what);
        let got = odd.gradients(&grad, DType::Float64).values::<f64>();
        close(&got, &case.gradients(&grad, DType::Float64).values::<f64>(), 0.0, what);
    });
}
