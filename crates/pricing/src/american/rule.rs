//! The fixed numbers of the collocation: nodes in time, quadrature points, and the interpolation of the boundary
//! between the nodes.

use std::{
    f64::consts::{FRAC_PI_2, PI},
    iter,
};

use super::{lanes::LANES, quadrature::gauss_legendre};
use crate::lanes::{Arithmetic, Plain};

/// Nodes and quadrature points of one collocation grid. Times are fractions of the horizon.
///
/// The nodes are Chebyshev's of the second kind in the square root of time, without the one at time zero, where the
/// boundary is known. Each node's integral over the time `u` up to it is taken by Gauss–Legendre points in the angle
/// `θ` of `u = τ·sin²θ`, which removes the root singularities at both ends.
///
/// Arrays with an element per quadrature point are ordered by node, then by point. They and those with an element per
/// node are filled up to a multiple of [`LANES`].
#[derive(Debug)]
pub(crate) struct Rule {
    /// The number of nodes `n`.
    pub(crate) nodes: usize,
    /// The number of quadrature points of each node.
    pub(crate) points: usize,
    /// The length of a row of the Jacobian: more than `n`, and a multiple of [`LANES`].
    pub(crate) stride: usize,
    /// The root `√τ` of each node's time, from 1 downwards.
    pub(crate) root_time: Vec<f64>,
    /// The root `√(τ − u)` at each point.
    pub(crate) root_span: Vec<f64>,
    /// The reciprocal `1/√(τ − u)` at each point.
    pub(crate) inverse_root_span: Vec<f64>,
    /// The weight of an integral over `u`.
    pub(crate) weight: Vec<f64>,
    /// The weight of an integral over `u` of a function divided by `√(τ − u)`.
    pub(crate) density_weight: Vec<f64>,
    /// Lagrange's basis: for each [`LANES`] points, for each basis polynomial, its values at these points.
    pub(crate) basis: Vec<f64>,
    /// The same for each point, for each basis polynomial, with rows of `stride`.
    pub(crate) transposed: Vec<f64>,
    /// For each Chebyshev polynomial `0..=n`, the factors of the nodes' values in its coefficient.
    pub(crate) coefficients: Vec<f64>,
}

/// The points of a [`Rule`] that are computed at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'rule> {
    pub(crate) root_span: &'rule [f64; LANES],
    pub(crate) inverse_root_span: &'rule [f64; LANES],
    pub(crate) weight: &'rule [f64; LANES],
    pub(crate) density_weight: &'rule [f64; LANES],
    pub(crate) basis: &'rule [[f64; LANES]],
}

impl Rule {
    /// Returns the points, in their order.
    #[inline(always)]
    pub(crate) fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        let spans = self.root_span.as_chunks().0.iter().zip(self.inverse_root_span.as_chunks().0);
        let weights = self.weight.as_chunks().0.iter().zip(self.density_weight.as_chunks().0);
        let bases = self.basis.as_chunks().0.chunks_exact(self.nodes);
        spans.zip(weights).zip(bases).map(|(((root_span, inverse_root_span), (weight, density_weight)), basis)| Chunk {
            root_span,
            inverse_root_span,
            weight,
            density_weight,
            basis,
        })
    }

    fn new(nodes: usize, points: usize) -> Self {
        let roots: Vec<f64> = (0..=nodes).map(|i| 0.5 * (1.0 + (PI * i as f64 / nodes as f64).cos())).collect();
        let angles = gauss_legendre(points, 0.0, FRAC_PI_2);
        let mut rule = Self {
            nodes,
            points,
            stride: (nodes + 1).next_multiple_of(LANES),
            root_time: roots.iter().take(nodes).copied().collect(),
            root_span: Vec::new(),
            inverse_root_span: Vec::new(),
            weight: Vec::new(),
            density_weight: Vec::new(),
            basis: Vec::new(),
            transposed: Vec::new(),
            coefficients: chebyshev_transform(nodes),
        };
        let mut rows = Vec::new();
        for root in roots.iter().take(nodes) {
            for (angle, weight) in &angles {
                let (sin, cos) = angle.sin_cos();
                rule.root_span.push(root * cos);
                rule.inverse_root_span.push(1.0 / (root * cos));
                rule.weight.push(2.0 * weight * root * root * sin * cos);
                rule.density_weight.push(2.0 * weight * root * sin);
                rows.push(lagrange(&roots, root * sin));
            }
        }
        for row in &rows {
            let filled = row.iter().take(nodes).copied().chain(iter::repeat(0.0));
            rule.transposed.extend(filled.take(rule.stride));
        }
        rule.fill();
        rows.resize(rule.weight.len(), vec![0.0; nodes + 1]);
        for chunk in rows.chunks_exact(LANES) {
            for basis in 0..nodes {
                rule.basis.extend(chunk.iter().filter_map(|row| row.get(basis)));
            }
        }
        rule
    }

    /// Pads the arrays with nodes and points that do not count.
    fn fill(&mut self) {
        self.root_time.resize(self.nodes.next_multiple_of(LANES), 1.0);
        let points = self.weight.len().next_multiple_of(LANES);
        self.root_span.resize(points, 1.0);
        self.inverse_root_span.resize(points, 1.0);
        self.weight.resize(points, 0.0);
        self.density_weight.resize(points, 0.0);
    }
}

/// Returns the values of Lagrange's polynomials of Chebyshev's nodes of the second kind, in barycentric form (Berrut
/// and Trefethen, 2004).
fn lagrange(nodes: &[f64], x: f64) -> Vec<f64> {
    let last = nodes.len() - 1;
    let term = |(index, node): (usize, &f64)| {
        let sign = if index % 2 == 0 { 1.0 } else { -1.0 };
        let weight = if index == 0 || index == last { 0.5 } else { 1.0 };
        sign * weight / (x - node)
    };
    let terms: Vec<f64> = nodes.iter().enumerate().map(term).collect();
    let sum: f64 = terms.iter().sum();
    terms.into_iter().map(|term| term / sum).collect()
}

/// Returns the matrix from values at the nodes to coefficients of Chebyshev polynomials; the last node's value is zero.
fn chebyshev_transform(nodes: usize) -> Vec<f64> {
    let degree = nodes as f64;
    let halved = |index: usize| if index == 0 || index == nodes { 0.5 } else { 1.0 };
    let factor =
        |k: usize, j: usize| 2.0 / degree * halved(k) * halved(j) * (PI * (j * k % (2 * nodes)) as f64 / degree).cos();
    (0..=nodes).flat_map(|k| (0..nodes).map(move |j| factor(k, j))).collect()
}

/// Returns the Chebyshev coefficients of the polynomial in `√τ` with these values at the nodes, and zero at time zero.
pub(crate) fn chebyshev_coefficients(rule: &Rule, values: &[f64]) -> Vec<f64> {
    let row = |factors: &[f64]| factors.iter().zip(values).map(|(factor, value)| factor * value).sum();
    rule.coefficients.chunks_exact(rule.nodes).map(row).collect()
}

/// Computes the values of a Chebyshev expansion at roots of time in `[0, 1]`, by Clenshaw's recurrence.
#[inline(always)]
pub(crate) fn chebyshev_values<A: Arithmetic, const LANES: usize>(
    coefficients: &[f64],
    root_time: &[f64; LANES],
) -> [f64; LANES] {
    let (mut last, mut before) = ([0.0; LANES], [0.0; LANES]);
    for coefficient in coefficients.iter().skip(1).rev() {
        for lane in 0..LANES {
            let twice = A::mul_add(4.0, root_time[lane], -2.0);
            let next = A::mul_add(twice, last[lane], coefficient - before[lane]);
            before[lane] = last[lane];
            last[lane] = next;
        }
    }
    let first = coefficients.first().copied().unwrap_or(0.0);
    let mut values = [0.0; LANES];
    for lane in 0..LANES {
        let argument = A::mul_add(2.0, root_time[lane], -1.0);
        values[lane] = A::mul_add(argument, last[lane], first - before[lane]);
    }
    values
}

/// Returns the value of a Chebyshev expansion at one root of time in `[0, 1]`.
pub(crate) fn chebyshev_value(coefficients: &[f64], root_time: f64) -> f64 {
    let [value] = chebyshev_values::<Plain, 1>(coefficients, &[root_time]);
    value
}

/// The points of the premium's integral over the time to exercise `s = sin²ψ`, as a fraction of the time to expiry.
#[derive(Debug, Default)]
pub(crate) struct Points {
    /// The root `√s = sin ψ` at each point.
    pub(crate) root_span: Vec<f64>,
    /// `√(1 − s) = cos ψ`, the root of the time to expiry at exercise.
    pub(crate) root_time: Vec<f64>,
    /// The weight of an integral over `ψ`.
    pub(crate) weight: Vec<f64>,
}

/// The division of the premium's integral into panels that halve towards the boundary.
#[derive(Debug)]
pub(crate) struct Panels {
    /// Nodes and weights of one panel, on `[0, 1]`.
    unit: Vec<(f64, f64)>,
    /// The first panel ends at this multiple of the angle at which the integrand changes.
    reach: f64,
    /// The points for each number of panels after the first.
    graded: Vec<Points>,
}

impl Panels {
    /// The most panels: with them, the first ends at `π/2^17`, and finer features no longer count.
    const MOST_PANELS: usize = 16;

    /// Creates panels of `points` points each.
    pub(crate) fn new(points: usize, reach: f64) -> Self {
        let mut panels = Self { unit: gauss_legendre(points, 0.0, 1.0), reach, graded: Vec::new() };
        for count in 0..=Self::MOST_PANELS {
            let halved = |times: usize| FRAC_PI_2 * 0.5_f64.powi(i32::try_from(times).unwrap_or(i32::MAX));
            let angles: Vec<f64> = [0.0].into_iter().chain((0..=count).rev().map(halved)).collect();
            panels.graded.push(panels.between(&angles));
        }
        panels
    }

    /// Returns the panels on `[0, π/2]` for an integrand that changes at this angle.
    pub(crate) fn graded(&self, angle: f64) -> Option<&Points> {
        let mut high = FRAC_PI_2;
        let mut level = 0;
        while high > self.reach * angle && level < Self::MOST_PANELS {
            high *= 0.5;
            level += 1;
        }
        self.graded.get(level)
    }

    /// Returns panels between each two successive angles.
    pub(crate) fn between(&self, angles: &[f64]) -> Points {
        let mut points = Points::default();
        for (low, high) in angles.iter().zip(angles.iter().skip(1)) {
            for (fraction, weight) in &self.unit {
                let (sin, cos) = (low + (high - low) * fraction).sin_cos();
                points.root_span.push(sin);
                points.root_time.push(cos);
                points.weight.push((high - low) * weight);
            }
        }
        points
    }
}

/// The accuracy of the exercise boundary, as a ladder of grids: each starts from the solution on the one before.
#[derive(Debug)]
pub(crate) struct Ladder {
    /// The grids, from the coarsest to the finest.
    pub(crate) grids: Vec<Rule>,
    /// The relative change of the boundary's logarithm below which the iteration on the finest grid ends.
    pub(crate) tolerance: f64,
    /// The exponent at which the boundary counts as the perpetual one.
    pub(crate) settled: f64,
    /// The division of the premium's integral.
    pub(crate) panels: Panels,
    /// The ladder for two boundaries, if it is not this one.
    pub(crate) for_pairs: Option<&'static Ladder>,
}

impl Ladder {
    /// Creates a ladder of grids with these numbers of nodes and points.
    pub(crate) fn new(grids: &[(usize, usize)], tolerance: f64, settled: f64, panels: Panels) -> Self {
        let grids = grids.iter().map(|(nodes, points)| Rule::new(*nodes, *points)).collect();
        Self { grids, tolerance, settled, panels, for_pairs: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basis_reproduces_polynomials() {
        let rule = Rule::new(6, 8);
        let polynomial = |root: f64| root * (1.0 - 0.3 * root + root.powi(4));
        let values: Vec<f64> = rule.root_time.iter().take(6).map(|root| polynomial(*root)).collect();
        let angles = gauss_legendre(8, 0.0, FRAC_PI_2);
        for (node, root) in rule.root_time.iter().take(rule.nodes).enumerate() {
            for (point, (angle, _)) in angles.iter().enumerate() {
                let at = root * angle.sin();
                let interpolated: f64 =
                    (0..6).map(|basis| rule.transposed[(node * 8 + point) * rule.stride + basis] * values[basis]).sum();
                assert!((interpolated - polynomial(at)).abs() < 1e-14);
                let expanded = chebyshev_value(&chebyshev_coefficients(&rule, &values), at);
                assert!((expanded - polynomial(at)).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn weights_integrate_the_singularity() {
        let rule = Rule::new(4, 8);
        for (node, root) in rule.root_time.iter().take(rule.nodes).enumerate() {
            let row = node * 8..(node + 1) * 8;
            assert!((rule.weight[row.clone()].iter().sum::<f64>() - root * root).abs() < 1e-12);
            assert!((rule.density_weight[row].iter().sum::<f64>() - 2.0 * root).abs() < 1e-12);
        }
    }
}
