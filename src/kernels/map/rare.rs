//! Special functions in `f64`, one element at a time.

use std::f64::consts::PI;

/// The logarithmic derivative of the gamma function.
pub(super) fn digamma(x: f64) -> f64 {
    if x == f64::NEG_INFINITY || (x <= 0.0 && x.floor() == x) {
        return f64::NAN;
    }
    if x < 0.0 {
        // psi(x) = psi(1 - x) - pi / tan(pi x), with the tangent's argument reduced first.
        let fraction = x - libm::floor(x);
        return digamma(1.0 - x) - PI / libm::tan(PI * fraction);
    }
    let mut shift = 0.0;
    let mut x = x;
    while x < 10.0 {
        shift -= 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    // Bernoulli numbers B(2k) / 2k.
    let series = [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32760.0, 1.0 / 12.0];
    let tail = series.iter().rev().fold(0.0, |sum, b| (sum + b) * z);
    shift + libm::log(x) - 0.5 / x - tail
}

/// The inverse of `erf`: Giles's approximation ("Approximating the erfinv function", 2010), then Newton.
pub(super) fn erfinv(x: f64) -> f64 {
    let a = x.abs();
    if a.is_nan() || a >= 1.0 {
        return if a == 1.0 { f64::INFINITY.copysign(x) } else { f64::NAN };
    }
    let w = -libm::log1p(-x * x);
    let mut y = if w < 5.0 {
        let w = w - 2.5;
        [
            2.81022636e-08,
            3.43273939e-07,
            -3.5233877e-06,
            -4.39150654e-06,
            0.00021858087,
            -0.00125372503,
            -0.00417768164,
            0.246640727,
            1.50140941,
        ]
        .iter()
        .fold(0.0, |p, c| p * w + c)
            * a
    } else {
        let w = w.sqrt() - 3.0;
        [
            -0.000200214257,
            0.000100950558,
            0.00134934322,
            -0.00367342844,
            0.00573950773,
            -0.0076224613,
            0.00943887047,
            1.00167406,
            2.83297682,
        ]
        .iter()
        .fold(0.0, |p, c| p * w + c)
            * a
    };
    for _ in 0..3 {
        let slope = 2.0 / PI.sqrt() * libm::exp(-y * y);
        y -= if a > 0.5 {
            // The complement keeps its digits where erf is close to 1, and its logarithm is almost a parabola.
            let complement = libm::erfc(y);
            libm::log((1.0 - a) / complement) * complement / slope
        } else {
            (libm::erf(y) - a) / slope
        };
    }
    y.copysign(x)
}
