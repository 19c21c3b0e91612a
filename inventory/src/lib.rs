//! From the files people already have to the documents `policy` understands, positions kept.
