//! The Merkle tree of [RFC 6962](https://www.rfc-editor.org/rfc/rfc6962#section-2): roots, inclusion, consistency.
//!
//! Pure: hashes come in through [`Subtrees`], which the tiles of a log implement. Proofs are checked with the loops of
//! [RFC 9162](https://www.rfc-editor.org/rfc/rfc9162#section-2.1), which share no code with those that make them.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::event::Leaf;
use crate::sha256;

/// How many hashes a full tile has: eight levels of the tree stand between a tile and the one above it.
pub const TILE_WIDTH: usize = 256;

/// A hash of the tree. Prints as hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// The right edge of a tree: everything that adding leaves needs, and nothing else.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    /// Of each tile level, from the leaves up, the hashes of the tile that is not full yet.
    levels: Vec<Vec<Hash>>,
    size: u64,
}

/// Where hashes of perfect subtrees come from.
pub trait Subtrees {
    /// What can go wrong.
    type Error;

    /// The hash over the 2^`height` leaves from `index` × 2^`height` on.
    fn perfect(&self, height: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The byte before the two hashes that a hash of the tree is over.
const NODE: u8 = 1;

/// The hash of two that stand side by side.
pub fn node(left: Hash, right: Hash) -> Hash {
    Hash(sha256::of_pair(NODE, &left.0, &right.0))
}

/// The root of a tree without leaves.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// The root over hashes whose number is a power of two.
pub fn perfect_root(hashes: &[Hash]) -> Hash {
    let mut row = parents(hashes);
    while row.len() > 1 {
        row = parents(&row);
    }
    row.first().or(hashes.first()).copied().unwrap_or_else(empty_root)
}

/// The hashes of the pairs that stand side by side.
fn parents(hashes: &[Hash]) -> Vec<Hash> {
    let mut parents = Vec::with_capacity(hashes.len() / 2);
    let (fours, rest) = hashes.as_chunks();
    for [a, b, c, d] in fours {
        parents.extend(sha256::of_two_pairs(NODE, [[&a.0, &b.0], [&c.0, &d.0]]).map(Hash));
    }
    if let [left, right] = rest {
        parents.push(node(*left, *right));
    }
    parents
}

impl Frontier {
    /// A tree of that size, given the hashes of the tile of each level that is not full.
    pub fn new(size: u64, levels: Vec<Vec<Hash>>) -> Self {
        Self { levels, size }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. `full` takes the level, index and hashes of each tile that it fills.
    pub fn push<E>(&mut self, leaf: Hash, mut full: impl FnMut(u8, u64, &[Hash]) -> Result<(), E>) -> Result<(), E> {
        let mut hash = leaf;
        for level in 0..=u8::MAX {
            let place = usize::from(level);
            if self.levels.len() == place {
                self.levels.push(Vec::with_capacity(TILE_WIDTH));
            }
            let Some(tile) = self.levels.get_mut(place) else { break };
            tile.push(hash);
            if tile.len() < TILE_WIDTH {
                break;
            }
            full(level, full_tiles(self.size, level), tile)?;
            hash = perfect_root(tile);
            tile.clear();
        }
        self.size += 1;
        Ok(())
    }

    /// The root.
    pub fn root(&self) -> Hash {
        let mut root = None;
        for tile in &self.levels {
            let mut rest = tile.as_slice();
            while !rest.is_empty() {
                let lowest = 1 << rest.len().trailing_zeros();
                let (left, perfect) = rest.split_at(rest.len() - lowest);
                let perfect = perfect_root(perfect);
                root = Some(root.map_or(perfect, |right| node(perfect, right)));
                rest = left;
            }
        }
        root.unwrap_or_else(empty_root)
    }

    /// Level, index and hashes of each tile that is not full and not empty.
    pub fn partial(&self) -> impl Iterator<Item = (u8, u64, &[Hash])> {
        let tiles = (0..=u8::MAX).zip(&self.levels).filter(|(_, tile)| !tile.is_empty());
        tiles.map(|(level, tile)| (level, full_tiles(self.size, level), tile.as_slice()))
    }
}

/// The root of the first `size` leaves.
pub fn root<S: Subtrees>(tree: &S, size: u64) -> Result<Hash, S::Error> {
    if size == 0 { Ok(empty_root()) } else { range(tree, 0, size) }
}

/// The hashes that lead from a leaf to the root of the first `size` leaves, lowest first. None if it is not one of them.
pub fn inclusion<S: Subtrees>(tree: &S, index: u64, size: u64) -> Result<Option<Vec<Hash>>, S::Error> {
    if index >= size {
        return Ok(None);
    }
    let (mut start, mut end, mut path) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range(tree, middle, end)?);
            end = middle;
        } else {
            path.push(range(tree, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// The hashes that show that the first `before` of `after` leaves are those of the smaller tree. None if there are fewer.
pub fn consistency<S: Subtrees>(tree: &S, before: u64, after: u64) -> Result<Option<Vec<Hash>>, S::Error> {
    if before > after {
        return Ok(None);
    }
    if before == 0 {
        return Ok(Some(Vec::new()));
    }
    let (mut start, mut end, mut path) = (0, after, Vec::new());
    while end != before {
        let middle = start + split(end - start);
        if before <= middle {
            path.push(range(tree, middle, end)?);
            end = middle;
        } else {
            path.push(range(tree, start, middle)?);
            start = middle;
        }
    }
    if start > 0 {
        path.push(range(tree, start, end)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// Whether the hashes lead from the leaf to the root.
pub fn includes(leaf: Hash, index: u64, size: u64, path: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut index, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if index & 1 == 1 || index == last {
            hash = node(*sibling, hash);
            while index & 1 == 0 && index != 0 {
                (index, last) = (index >> 1, last >> 1);
            }
        } else {
            hash = node(hash, *sibling);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    last == 0 && hash == root
}

/// Whether the hashes show that the smaller tree is the beginning of the larger.
pub fn continues(before: (u64, Hash), after: (u64, Hash), path: &[Hash]) -> bool {
    let ((before, before_root), (after, after_root)) = (before, after);
    if before > after {
        return false;
    }
    if before == after {
        return path.is_empty() && before_root == after_root;
    }
    if before == 0 {
        return path.is_empty() && before_root == empty_root();
    }
    let (mut first, mut path) = (before_root, path.iter());
    if !before.is_power_of_two() {
        let Some(hash) = path.next() else { return false };
        first = *hash;
    }
    let (mut index, mut last) = (before - 1, after - 1);
    while index & 1 == 1 {
        (index, last) = (index >> 1, last >> 1);
    }
    let (mut old, mut new) = (first, first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if index & 1 == 1 || index == last {
            old = node(*sibling, old);
            new = node(*sibling, new);
            while index & 1 == 0 && index != 0 {
                (index, last) = (index >> 1, last >> 1);
            }
        } else {
            new = node(new, *sibling);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    last == 0 && old == before_root && new == after_root
}

/// How many full tiles a level has.
fn full_tiles(size: u64, level: u8) -> u64 {
    size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0)
}

/// The largest power of two below `size`, which is at least two.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The root over leaves from `start` to before `end`; `start` is a multiple of the next power of two of their number.
fn range<S: Subtrees>(tree: &S, start: u64, end: u64) -> Result<Hash, S::Error> {
    let (mut end, mut root) = (end, None);
    while end > start {
        let height = (end - start).trailing_zeros();
        let begin = end - (1 << height);
        let perfect = tree.perfect(height, begin >> height)?;
        root = Some(root.map_or(perfect, |right| node(perfect, right)));
        end = begin;
    }
    Ok(root.unwrap_or_else(empty_root))
}

impl From<Leaf> for Hash {
    fn from(leaf: Leaf) -> Self {
        Hash(leaf.0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition of RFC 6962, word for word.
    fn plain_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
                node(plain_root(left), plain_root(right))
            }
        }
    }

    struct Plain(Vec<Hash>);

    impl Subtrees for Plain {
        type Error = ();

        fn perfect(&self, height: u32, index: u64) -> Result<Hash, ()> {
            let (start, end) = ((index << height) as usize, ((index + 1) << height) as usize);
            Ok(plain_root(self.0.get(start..end).ok_or(())?))
        }
    }

    fn leaf_of(data: &[u8]) -> Hash {
        Hash(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    fn plain(size: u64) -> Plain {
        Plain((0..size).map(|index| leaf_of(&index.to_be_bytes())).collect())
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    fn hash(hex: &str) -> Hash {
        Hash(bytes(hex).try_into().unwrap())
    }

    /// Leaves, roots and proofs of the reference implementation of Certificate Transparency
    /// (google/certificate-transparency: `cpp/merkletree/merkle_tree_test.cc`).
    const LEAVES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    const INCLUSION: [(u64, u64, &[&str]); 4] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ];
    const CONSISTENCY: [(u64, u64, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];

    #[test]
    fn the_published_vectors_hold() {
        let tree = Plain(LEAVES.iter().map(|hex| leaf_of(&bytes(hex))).collect());
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(root(&tree, 0), Ok(hash(empty)));
        for (size, wanted) in (1..).zip(ROOTS) {
            assert_eq!(root(&tree, size), Ok(hash(wanted)), "size {size}");
        }
        for (index, size, wanted) in INCLUSION {
            let wanted: Vec<Hash> = wanted.iter().map(|hex| hash(hex)).collect();
            assert_eq!(inclusion(&tree, index, size), Ok(Some(wanted)), "{index} of {size}");
        }
        for (before, after, wanted) in CONSISTENCY {
            let wanted: Vec<Hash> = wanted.iter().map(|hex| hash(hex)).collect();
            assert_eq!(consistency(&tree, before, after), Ok(Some(wanted)), "{before} to {after}");
        }
    }

    #[test]
    fn a_frontier_has_the_root_of_its_leaves() {
        let tree = plain(70_000);
        let (mut frontier, mut tiles) = (Frontier::default(), 0);
        for (size, leaf) in (1..).zip(&tree.0) {
            let full = |level, index, tile: &[Hash]| {
                tiles += 1;
                assert_eq!(tree.perfect(8 * (u32::from(level) + 1), index).unwrap(), perfect_root(tile));
                Ok::<(), ()>(())
            };
            frontier.push(*leaf, full).unwrap();
            if size < 600 || size % 4_099 == 0 || (65_530..65_550).contains(&size) {
                assert_eq!(frontier.root(), plain_root(&tree.0[..size as usize]), "size {size}");
            }
        }
        assert_eq!((frontier.size(), tiles), (70_000, 70_000 / 256 + 1));
    }

    #[test]
    fn every_small_proof_holds_and_no_other() {
        let tree = plain(34);
        for size in 0..=34 {
            let whole = root(&tree, size).unwrap();
            for index in 0..size {
                let leaf = tree.0[index as usize];
                let path = inclusion(&tree, index, size).unwrap().unwrap();
                assert!(includes(leaf, index, size, &path, whole), "{index} of {size}");
                for other in (0..size + 2).filter(|other| *other != index) {
                    assert!(!includes(leaf, other, size, &path, whole), "{index} of {size} passes as {other}");
                }
            }
            for before in 0..=size {
                let start = (before, root(&tree, before).unwrap());
                let path = consistency(&tree, before, size).unwrap().unwrap();
                assert!(continues(start, (size, whole), &path), "{before} to {size}");
            }
            assert_eq!(inclusion(&tree, size, size), Ok(None));
            assert_eq!(consistency(&tree, size + 1, size), Ok(None));
        }
    }

    proptest! {
        #[test]
        fn a_flipped_bit_breaks_every_proof(size in 1_u64..3_000, a in any::<u64>(), bit in any::<usize>()) {
            let (tree, index) = (plain(size), a % size);
            let (whole, leaf) = (root(&tree, size).unwrap(), tree.0[index as usize]);
            let path = inclusion(&tree, index, size).unwrap().unwrap();
            prop_assert!(includes(leaf, index, size, &path, whole));
            let flip = |hash: &mut Hash| hash.0[bit / 8 % 32] ^= 1 << (bit % 8);
            let (mut leaf_, mut root_, mut path_) = (leaf, whole, path.clone());
            flip(&mut leaf_);
            flip(&mut root_);
            prop_assert!(!includes(leaf_, index, size, &path, whole));
            prop_assert!(!includes(leaf, index, size, &path, root_));
            if let Some(place) = bit.checked_rem(path.len()) {
                flip(&mut path_[place]);
                prop_assert!(!includes(leaf, index, size, &path_, whole));
                prop_assert!(!includes(leaf, index, size, &path[1..], whole));
            }
            let mut longer = path.clone();
            longer.push(whole);
            prop_assert!(!includes(leaf, index, size, &longer, whole));

            let before = index + 1;
            let start = root(&tree, before).unwrap();
            let path = consistency(&tree, before, size).unwrap().unwrap();
            prop_assert!(continues((before, start), (size, whole), &path));
            let mut start_ = start;
            flip(&mut start_);
            prop_assert!(!continues((before, start_), (size, whole), &path));
            prop_assert!(!continues((before, start), (size, root_), &path));
            if let Some(place) = bit.checked_rem(path.len()) {
                let mut path_ = path.clone();
                flip(&mut path_[place]);
                prop_assert!(!continues((before, start), (size, whole), &path_));
            }
        }
    }
}
