//! Two texts as a unified diff, as `patch` and `git apply` take it.

/// How many lines that stay are shown around those that change.
const CONTEXT: usize = 3;

/// Texts that differ in more lines than this are shown as replaced whole.
const DIFFERENCES_MAX: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'t> {
    Same(&'t str),
    Old(&'t str),
    New(&'t str),
}

/// The diff of a file; nothing if it stays as it is.
pub(super) fn unified(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let (before, after) = (lines(old), lines(new));
    let script = script(&before, &after);
    let mut text = format!("--- {path}\n+++ {path}\n");
    let changed: Vec<usize> =
        script.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_))).map(|(at, _)| at).collect();
    let mut rest = changed.as_slice();
    while let Some((first, _)) = rest.split_first() {
        let mut last = *first;
        while let Some((next, after)) = rest.split_first().filter(|(next, _)| **next <= last + 2 * CONTEXT + 1) {
            last = *next;
            rest = after;
        }
        hunk(&script, first.saturating_sub(CONTEXT), (last + CONTEXT + 1).min(script.len()), &mut text);
    }
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn hunk(script: &[Line<'_>], from: usize, to: usize, text: &mut String) {
    let count = |range: &[Line<'_>]| {
        range.iter().fold((0, 0), |(old, new), line| match line {
            Line::Same(_) => (old + 1, new + 1),
            Line::Old(_) => (old + 1, new),
            Line::New(_) => (old, new + 1),
        })
    };
    let shown = script.get(from..to).unwrap_or_default();
    let ((old_before, new_before), (old, new)) = (count(script.get(..from).unwrap_or_default()), count(shown));
    // An empty side is numbered by the line before it.
    let number = |before: usize, length: usize| if length == 0 { before } else { before + 1 };
    let (old_first, new_first) = (number(old_before, old), number(new_before, new));
    text.push_str(&format!("@@ -{old_first},{old} +{new_first},{new} @@\n"));
    for line in shown {
        let (mark, line) = match line {
            Line::Same(line) => (' ', line),
            Line::Old(line) => ('-', line),
            Line::New(line) => ('+', line),
        };
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// The shortest way from one list of lines to the other (Myers, "An O(ND) Difference Algorithm").
fn script<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let (n, m) = (old.len(), new.len());
    let most = (n + m).min(DIFFERENCES_MAX);
    let at = |k: isize| usize::try_from(k + isize::try_from(most).unwrap_or(0) + 1).unwrap_or(0);
    let mut furthest = vec![0_usize; 2 * most + 3];
    let mut trail: Vec<Vec<usize>> = Vec::new();
    for d in 0..=most {
        trail.push(furthest.clone());
        let d = isize::try_from(d).unwrap_or(0);
        for k in (-d..=d).step_by(2) {
            let read = |k: isize| furthest.get(at(k)).copied().unwrap_or_default();
            let down = k == -d || (k != d && read(k - 1) < read(k + 1));
            let mut x = if down { read(k + 1) } else { read(k - 1) + 1 };
            let mut y = usize::try_from(isize::try_from(x).unwrap_or(0) - k).unwrap_or(usize::MAX);
            while let (Some(a), Some(b)) = (old.get(x), new.get(y)) {
                if a != b {
                    break;
                }
                x += 1;
                y += 1;
            }
            if let Some(cell) = furthest.get_mut(at(k)) {
                *cell = x;
            }
            if x >= n && y >= m {
                return way(old, new, &trail, d, at);
            }
        }
    }
    old.iter().map(|line| Line::Old(line)).chain(new.iter().map(|line| Line::New(line))).collect()
}

/// Walks back along the trail.
fn way<'t>(
    old: &[&'t str],
    new: &[&'t str],
    trail: &[Vec<usize>],
    steps: isize,
    at: impl Fn(isize) -> usize,
) -> Vec<Line<'t>> {
    let (mut x, mut y) = (old.len(), new.len());
    let mut script = Vec::new();
    for d in (0..=steps).rev() {
        let furthest = trail.get(usize::try_from(d).unwrap_or(0)).map_or(&[][..], Vec::as_slice);
        let read = |k: isize| furthest.get(at(k)).copied().unwrap_or_default();
        let k = isize::try_from(x).unwrap_or(0) - isize::try_from(y).unwrap_or(0);
        let down = k == -d || (k != d && read(k - 1) < read(k + 1));
        let before = if down { k + 1 } else { k - 1 };
        let from_x = read(before);
        let from_y = usize::try_from(isize::try_from(from_x).unwrap_or(0) - before).unwrap_or(0);
        while x > from_x && y > from_y && d >= 0 {
            let Some(line) = old.get(x - 1) else { break };
            script.push(Line::Same(line));
            x -= 1;
            y -= 1;
        }
        if d > 0 {
            match down {
                true => script.extend(new.get(from_y).map(|line| Line::New(line))),
                false => script.extend(old.get(from_x).map(|line| Line::Old(line))),
            }
            (x, y) = (from_x, from_y);
        }
    }
    script.reverse();
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_stands_among_its_neighbours() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = "a\nb\nc\nd\nE\nf\ng\nh\n";
        let wanted = "--- p\n+++ p\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n";
        assert_eq!(unified("p", old, new), wanted);
        assert_eq!(unified("p", old, old), "");
    }

    #[test]
    fn far_changes_are_hunks_of_their_own_and_a_last_line_may_have_no_end() {
        let old: String = (0..30).map(|n| format!("{n}\n")).collect();
        let new = old.replace("2\n3\n", "2\nx\n3\n").replace("\n27\n28\n29\n", "\n27\n29");
        let diff = unified("p", &old, &new);
        assert_eq!(diff.matches("@@ -").count(), 2, "{diff}");
        assert!(diff.contains("@@ -1,6 +1,7 @@\n 0\n 1\n 2\n+x\n 3\n"), "{diff}");
        assert!(diff.ends_with("-28\n-29\n+29\n\\ No newline at end of file\n"), "{diff}");
    }

    #[test]
    fn an_empty_side_begins_at_zero() {
        assert_eq!(unified("p", "", "a\n"), "--- p\n+++ p\n@@ -0,0 +1,1 @@\n+a\n");
    }
}
