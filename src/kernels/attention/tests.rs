use super::{Backward, Forward, How, Sizes};
use crate::dtype::DType;
use crate::kernels::isa::testing::at_every_level;
use crate::kernels::typed::testing::{Owned, run};

const SIZES: Sizes = Sizes { batch: 1, queries: 140, keys: 270, heads: 2, shared: 1, size: 19, width: 18 };

fn numbers(shape: &[usize], seed: usize, dtype: DType) -> Owned {
    let numbers = (0..shape.iter().product()).map(|i: usize| ((i * 7919 + seed * 104_729) % 1009) as f64 / 504.0 - 1.0);
    match dtype {
        DType::Float32 => Owned::new(&numbers.map(|x| x as f32).collect::<Vec<_>>(), shape, dtype),
        _ => Owned::new(&numbers.collect::<Vec<_>>(), shape, dtype),
    }
}

fn arrays(dtype: DType) -> Vec<Owned> {
    let Sizes { batch, queries, keys, heads, shared, size, width } = SIZES;
    vec![
        numbers(&[batch, queries, heads, size], 1, dtype),
        numbers(&[batch, keys, shared, size], 2, dtype),
        numbers(&[batch, keys, shared, width], 3, dtype),
    ]
}

/// The packed result and the gradients.
fn both(how: How, dtype: DType, mask: Option<&Owned>) -> [Owned; 2] {
    let arrays = arrays(dtype);
    let inputs: Vec<&Owned> = arrays.iter().chain(mask).collect();
    let packed = run(&Forward(how), &inputs, &[SIZES.packed()], dtype).unwrap();
    let grad = numbers(&[SIZES.outputs()], 7, dtype);
    let operands = [&[&grad, &packed], inputs.as_slice()].concat();
    let count: usize = SIZES.inputs().iter().sum();
    let gradients = run(&Backward(how), &operands, &[count], dtype).unwrap();
    [packed, gradients]
}

#[test]
fn every_instruction_set_gives_nearly_the_same() {
    for causal in [false, true] {
        let how = How { scale: 0.7, causal };
        let exact = both(how, DType::Float64, None).map(|array| array.values::<f64>());
        at_every_level(|level| {
            for (found, exact) in both(how, DType::Float32, None).iter().zip(&exact) {
                for (found, exact) in found.values::<f32>().iter().zip(exact) {
                    let error = (f64::from(*found) - exact).abs();
                    assert!(error < 1e-4 * exact.abs().max(0.1), "{level:?}: {found}, not {exact}");
                }
            }
        });
    }
}

#[test]
fn threads_change_nothing() {
    let how = How { scale: 0.7, causal: true };
    let [one, four] = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| both(how, DType::Float32, None).map(|array| array.values::<u32>()))
    });
    assert_eq!(one, four);
}

#[test]
fn flags_may_stand_for_all_queries_or_keys() {
    let how = How { scale: 0.7, causal: false };
    let Sizes { batch, queries, keys, heads, .. } = SIZES;
    let key_flags: Vec<u8> = (0..keys).map(|key| u8::from(key % 3 > 0)).collect();
    let query_flags: Vec<u8> = (0..queries).map(|query| u8::from(query % 4 > 0)).collect();
    let every = |flag: &dyn Fn(usize, usize) -> u8| {
        let flags: Vec<u8> = (0..batch * heads * queries)
            .flat_map(|row| (0..keys).map(move |key| (row, key)))
            .map(|(row, key)| flag(row % queries, key))
            .collect();
        Owned::new(&flags, &[batch, heads, queries, keys], DType::Bool)
    };
    let whole = [every(&|_, key| key_flags[key]), every(&|query, _| query_flags[query])];
    let short = [
        Owned::new(&key_flags, &[1, 1, 1, keys], DType::Bool),
        Owned::new(&query_flags, &[1, 1, queries, 1], DType::Bool),
    ];
    for (whole, short) in whole.iter().zip(&short) {
        let [whole, short] = [whole, short].map(|mask| both(how, DType::Float32, Some(mask)));
        for (whole, short) in whole.iter().zip(&short) {
            assert_eq!(whole.values::<u32>(), short.values::<u32>());
        }
    }
}
