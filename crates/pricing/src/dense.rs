//! Small dense systems of linear equations.

/// Solves `matrix·x = right` for several right-hand sides at once by elimination with partial pivoting.
///
/// `matrix` has its rows one after another and is destroyed; `right` has for each row one value of every right-hand
/// side and becomes the solution. Returns `None` for a matrix that is singular or not finite.
pub(crate) fn solve(matrix: &mut [f64], right: &mut [f64], size: usize) -> Option<()> {
    debug_assert_eq!(matrix.len(), size * size);
    let sides = right.len() / size.max(1);
    for column in 0..size {
        let magnitude = |row: &usize| matrix[row * size + column].abs();
        let pivot = (column..size).max_by(|a, b| magnitude(a).total_cmp(&magnitude(b)))?;
        let divisor = matrix[pivot * size + column];
        if divisor == 0.0 || !divisor.is_finite() {
            return None;
        }
        if pivot != column {
            (column..size).for_each(|index| matrix.swap(column * size + index, pivot * size + index));
            (0..sides).for_each(|index| right.swap(column * sides + index, pivot * sides + index));
        }
        let (upper, lower) = matrix.split_at_mut((column + 1) * size);
        let pivot_row = &upper[column * size + column..];
        let (upper_right, lower_right) = right.split_at_mut((column + 1) * sides);
        let pivot_right = &upper_right[column * sides..];
        for (row, row_right) in lower.chunks_exact_mut(size).zip(lower_right.chunks_exact_mut(sides)) {
            let factor = row[column] / divisor;
            row[column..].iter_mut().zip(pivot_row).for_each(|(value, pivot)| *value -= factor * pivot);
            row_right.iter_mut().zip(pivot_right).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    for row in (0..size).rev() {
        let (upper, lower) = right.split_at_mut((row + 1) * sides);
        let values = &mut upper[row * sides..];
        let coefficients = &matrix[row * size..(row + 1) * size];
        for (coefficient, solved) in coefficients[row + 1..].iter().zip(lower.chunks_exact(sides)) {
            values.iter_mut().zip(solved).for_each(|(value, solved)| *value -= coefficient * solved);
        }
        for value in values {
            *value /= coefficients[row];
        }
    }
    right.iter().all(|value| value.is_finite()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_right_sides_are_solved_with_pivoting() {
        let matrix = [0.0, 2.0, 1.0, 1.0, -1.0, 0.5, 4.0, 0.0, 3.0];
        let (first, second) = ([1.0, -2.0, 3.0], [0.5, 0.25, -4.0]);
        let mut right: Vec<f64> = matrix
            .chunks(3)
            .flat_map(|row| [first, second].map(|x| row.iter().zip(x).map(|(a, b)| a * b).sum::<f64>()))
            .collect();
        solve(&mut matrix.clone(), &mut right, 3).unwrap();
        for (row, values) in right.chunks(2).enumerate() {
            assert!((values[0] - first[row]).abs() < 1e-14 && (values[1] - second[row]).abs() < 1e-14);
        }
    }

    #[test]
    fn singular_is_refused() {
        assert!(solve(&mut [1.0, 2.0, 2.0, 4.0], &mut [1.0, 1.0], 2).is_none());
        assert!(solve(&mut [f64::NAN], &mut [1.0], 1).is_none());
    }
}
