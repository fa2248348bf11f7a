//! Every layout against the naive product.

use super::kernels::{Kernels, available_f32, available_f64};
use super::split::Job;
use super::{Batch, Finish, Float, Gathered, Gemm};

/// A matrix of `rows × cols` laid out with these strides inside a larger buffer.
fn naive(g: &Gemm, a: &[f64], b: &[f64], c: &[f64], finish: (Option<&[f64]>, bool, bool)) -> Vec<f64> {
    let mut out = c.to_vec();
    let (bias, relu, accumulate) = finish;
    for i in 0..g.m as isize {
        for j in 0..g.n as isize {
            let at = (i * g.c_rs + j) as usize;
            let mut sum = if accumulate { c[at] } else { 0.0 };
            for p in 0..g.k as isize {
                sum += a[(i * g.a_rs + p * g.a_cs) as usize] * b[(p * g.b_rs + j * g.b_cs) as usize];
            }
            sum += bias.map_or(0.0, |row| row[j as usize]);
            out[at] = if relu && sum < 0.0 { 0.0 } else { sum };
        }
    }
    out
}

/// `n` numbers in [-1, 1) that look random.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f64::from((state >> 40) as u32) / f64::from(1 << 23) - 1.0
        })
        .collect()
}

/// Row and column strides, and the length of the buffer, of every layout worth telling apart.
fn layouts(rows: usize, cols: usize) -> [(isize, isize, usize); 5] {
    let (r, c) = (rows as isize, cols as isize);
    [
        (c, 1, rows * cols),
        (1, r, rows * cols),
        (c + 3, 1, rows * (cols + 3)),
        (1, r + 5, (rows + 5) * cols),
        (2 * c + 1, 2, rows * (2 * cols + 1) + cols),
    ]
}

fn run<T: Float>(
    kernels: &'static Kernels<T>,
    g: &Gemm,
    a: &[T],
    b: &[T],
    c: &mut [T],
    finish: Finish<T>,
    threads: usize,
) {
    let job = Job::new(*g, a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), finish);
    // SAFETY: the callers' buffers are made for the layout, the kernels are available.
    unsafe { job.run(kernels, threads) }
}

fn check(m: usize, n: usize, k: usize) {
    for (a_rs, a_cs, a_len) in layouts(m, k) {
        for (b_rs, b_cs, b_len) in layouts(k, n) {
            for (variant, c_rs) in [(0, n), (1, n + 7), (2, n), (3, n + 1)] {
                let g = Gemm { m, n, k, a_rs, a_cs, b_rs, b_cs, c_rs: c_rs as isize };
                let (a, b) = (numbers(a_len, 1), numbers(b_len, 2));
                let (c, bias) = (numbers(m * c_rs, 3), numbers(n, 4));
                let (relu, accumulate) = (variant == 1 || variant == 3, variant >= 2);
                let bias = (variant != 0).then_some(&bias[..]);
                let want = naive(&g, &a, &b, &c, (bias, relu, accumulate));
                let scale = 1.0 + k as f64;

                let single = |x: &[f64]| x.iter().map(|&v| v as f32).collect::<Vec<_>>();
                let (a32, b32, bias32) = (single(&a), single(&b), bias.map(single));
                for threads in [1, 2] {
                    for kernels in available_f64() {
                        let mut out = c.clone();
                        let bias = bias.map_or(std::ptr::null(), <[f64]>::as_ptr);
                        run(kernels, &g, &a, &b, &mut out, Finish { bias, relu, accumulate }, threads);
                        for (i, (w, x)) in want.iter().zip(&out).enumerate() {
                            let name = kernels.name;
                            assert!((w - x).abs() < 1e-14 * scale, "{name} {g:?} {variant} {i}: {w} {x}");
                        }
                    }
                    for kernels in available_f32() {
                        let mut out = single(&c);
                        let bias = bias32.as_ref().map_or(std::ptr::null(), |row| row.as_ptr());
                        run(kernels, &g, &a32, &b32, &mut out, Finish { bias, relu, accumulate }, threads);
                        for (i, (w, &x)) in want.iter().zip(&out).enumerate() {
                            let (name, x) = (kernels.name, f64::from(x));
                            assert!((w - x).abs() < 1e-6 * scale, "{name} {g:?} {variant} {i}: {w} {x}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_layout_equals_the_naive_product() {
    for &(m, n, k) in &[(1, 1, 1), (2, 3, 4), (5, 17, 9), (17, 16, 33), (7, 1, 20), (1, 70, 3), (31, 65, 1), (3, 3, 0)]
    {
        check(m, n, k);
    }
}

#[test]
fn ragged_sizes() {
    for m in [1, 2, 3, 6, 7, 13] {
        for n in [1, 2, 7, 8, 15, 16, 31, 48, 63, 64, 65, 81, 130] {
            check(m, n, 5);
        }
    }
}

#[test]
fn deep_sums() {
    check(4, 20, 1000);
    check(67, 10, 513);
}

#[test]
fn not_a_number_and_infinity_spread() {
    for (m, n, k) in [(3, 5, 4), (9, 70, 20), (5, 1, 17), (1, 1, 3)] {
        let g = Gemm::contiguous(m, n, k);
        for bad in [f32::NAN, f32::INFINITY] {
            let mut a = vec![1.0f32; m * k];
            let b = vec![1.0f32; k * n];
            a[(m - 1) * k] = bad;
            let mut c = vec![f32::NAN; m * n];
            let finish = Finish { bias: std::ptr::null(), relu: true, accumulate: false };
            // SAFETY: contiguous buffers of these sizes.
            unsafe { g.run(a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), &finish, 1) };
            assert!(c[..(m - 1) * n].iter().all(|&x| x == k as f32), "{c:?}");
            assert!(c[(m - 1) * n..].iter().all(|x| x.to_bits() == bad.to_bits() || (x.is_nan() && bad.is_nan())));
        }
    }
}

#[test]
fn threads_change_no_bit() {
    for (m, n, k) in [(64, 512, 784), (784, 512, 64), (33, 65, 900), (129, 1, 9000), (1, 1025, 1100), (96, 305, 70)] {
        for &(a_rs, a_cs, a_len) in &layouts(m, k)[..2] {
            for &(b_rs, b_cs, b_len) in &layouts(k, n)[..2] {
                let g = Gemm { m, n, k, a_rs, a_cs, b_rs, b_cs, c_rs: n as isize };
                let single = |x: Vec<f64>| x.into_iter().map(|v| v as f32).collect::<Vec<_>>();
                let (a, b) = (single(numbers(a_len, 1)), single(numbers(b_len, 2)));
                let bias = single(numbers(n, 3));
                let finish = Finish { bias: bias.as_ptr(), relu: true, accumulate: false };
                for kernels in available_f32() {
                    let mut one = vec![0.0f32; m * n];
                    run(kernels, &g, &a, &b, &mut one, finish, 1);
                    for threads in [2, 7] {
                        let mut many = vec![1.0f32; m * n];
                        run(kernels, &g, &a, &b, &mut many, finish, threads);
                        let same = one.iter().zip(&many).all(|(x, y)| x.to_bits() == y.to_bits());
                        assert!(same, "{} {threads} {g:?}", kernels.name);
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_has_the_same_bits_alone() {
    for (m, n, k) in [(64, 512, 784), (300, 10, 900), (70, 1, 500)] {
        let single = |x: Vec<f64>| x.into_iter().map(|v| v as f32).collect::<Vec<_>>();
        let (a, b) = (single(numbers(m * k, 1)), single(numbers(k * n, 2)));
        let g = Gemm::contiguous(m, n, k);
        let (mut all, mut last) = (vec![0.0f32; m * n], vec![1.0f32; n]);
        // SAFETY: contiguous buffers of these sizes.
        unsafe {
            g.run_f32(a.as_ptr(), b.as_ptr(), all.as_mut_ptr(), 2);
            Gemm { m: 1, ..g }.run_f32(a[(m - 1) * k..].as_ptr(), b.as_ptr(), last.as_mut_ptr(), 1);
        }
        assert!(all[(m - 1) * n..].iter().zip(&last).all(|(x, y)| x.to_bits() == y.to_bits()), "{g:?}");
    }
}

#[test]
fn batches_with_repeated_operands() {
    let g = Gemm::contiguous(3, 5, 4);
    let batch = Batch { gemm: g, shape: vec![2, 3], a: vec![12, 0], b: vec![0, 20], c: vec![45, 15] };
    let (a, b) = (numbers(24, 1), numbers(60, 2));
    for threads in [1, 2, 9] {
        let mut c = vec![0.0; 90];
        // SAFETY: buffers of these sizes.
        unsafe { batch.run(a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), &Finish::PLAIN, threads) };
        for i in 0..6 {
            let want = naive(&g, &a[i / 3 * 12..], &b[i % 3 * 20..], &[0.0; 15], (None, false, false));
            assert!(want.iter().zip(&c[i * 15..]).all(|(x, y)| (x - y).abs() < 1e-14));
        }
    }
}

#[test]
fn large_batches_are_shared() {
    let g = Gemm::contiguous(64, 64, 32);
    let batch = Batch { gemm: g, shape: vec![5, 30], a: vec![0, 2048], b: vec![2048, 0], c: vec![122_880, 4096] };
    let (a, b) = (numbers(2048 * 30, 1), numbers(2048 * 5, 2));
    let mut c = vec![0.0; 4096 * 150];
    // SAFETY: buffers of these sizes.
    unsafe { batch.run(a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), &Finish::PLAIN, 2) };
    for i in [0, 1, 29, 30, 77, 149] {
        let want = naive(&g, &a[i % 30 * 2048..], &b[i / 30 * 2048..], &[0.0; 4096], (None, false, false));
        assert!(want.iter().zip(&c[i * 4096..]).all(|(x, y)| (x - y).abs() < 1e-13));
    }
}

#[test]
fn integers_are_exact_and_wrap() {
    let g = Gemm { b_rs: 1, b_cs: 2, ..Gemm::contiguous(2, 2, 2) };
    let mut c = [0; 4];
    // SAFETY: 2 × 2 buffers.
    unsafe { g.run_exact([1, 2, 3, 4].as_ptr(), [5, 6, 7, 8].as_ptr(), c.as_mut_ptr()) };
    assert_eq!(c, [17, 23, 39, 53]);
    let mut c = [0u8; 4];
    // SAFETY: 2 × 2 buffers.
    unsafe { g.run_exact([100u8, 2, 3, 4].as_ptr(), [5, 6, 7, 8].as_ptr(), c.as_mut_ptr()) };
    assert_eq!(c[0], 0);
    let mut c = [false; 4];
    // SAFETY: 2 × 2 buffers.
    unsafe { g.run_exact([true, false, false, false].as_ptr(), [true, false, true, true].as_ptr(), c.as_mut_ptr()) };
    assert_eq!(c, [true, true, false, false]);
}

#[test]
fn gathered_rows_and_steps() {
    for (m, n, run, count) in
        [(1, 1, 3, 2), (7, 16, 5, 1), (9, 33, 4, 3), (100, 64, 1, 9), (20, 130, 300, 3), (5, 7, 2, 0)]
    {
        let k = run * count;
        let rows: Vec<isize> = (0..m).map(|i| (i * 37 % 50) as isize).collect();
        let steps: Vec<isize> = (0..k).map(|p| (p * 53 % 1000) as isize).collect();
        let c_rows: Vec<isize> = (0..m).map(|i| ((m - 1 - i) * (n + 3)) as isize).collect();
        let bias = numbers(n, 3);
        let a = numbers(1100, 1);
        for (b_rs, b_cs) in [(n, 1), (n + 2, 1), (1, run + 1)] {
            // Runs from the last to the first, each as long as its layout takes.
            let length = run * b_rs + n * b_cs;
            let runs: Vec<isize> = (0..count).map(|i| ((count - 1 - i) * length) as isize).collect();
            let b = numbers(length * count.max(1), 2);
            let mut want = vec![0.0; m * (n + 3)];
            for i in 0..m {
                for j in 0..n {
                    let b = |p: usize| b[runs[p / run] as usize + p % run * b_rs + j * b_cs];
                    let sum: f64 = (0..k).map(|p| a[(rows[i] + steps[p]) as usize] * b(p)).sum();
                    want[c_rows[i] as usize + j] = (sum + bias[j]).max(0.0);
                }
            }
            let (rows, steps, runs, c_rows) = (&rows[..], &steps[..], &runs[..], &c_rows[..]);
            let b_strides = (b_rs as isize, b_cs as isize);
            for kernels in available_f64() {
                let mut c = vec![0.0; want.len()];
                let finish = Finish { bias: bias.as_ptr(), relu: true, accumulate: false };
                let (a, b, to) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
                // SAFETY: buffers that hold all these elements.
                unsafe { Gathered { a, rows, steps, b, run, runs, b_strides, c: to, c_rows, n, finish }.with(kernels) };
                assert!(want.iter().zip(&c).all(|(x, y)| (x - y).abs() < 1e-12 * (1.0 + k as f64)), "{}", kernels.name);
            }
            let single = |x: &[f64]| x.iter().map(|&v| v as f32).collect::<Vec<_>>();
            let (a32, b32, bias32) = (single(&a), single(&b), single(&bias));
            for kernels in available_f32() {
                let mut c = vec![0.0; want.len()];
                let finish = Finish { bias: bias32.as_ptr(), relu: true, accumulate: false };
                let (a, b, to) = (a32.as_ptr(), b32.as_ptr(), c.as_mut_ptr());
                // SAFETY: as above.
                unsafe { Gathered { a, rows, steps, b, run, runs, b_strides, c: to, c_rows, n, finish }.with(kernels) };
                let near = |(&x, &y): (&f64, &f32)| (x - f64::from(y)).abs() < 1e-5 * (1.0 + k as f64);
                assert!(want.iter().zip(&c).all(near), "{}", kernels.name);
            }
        }
    }
}
