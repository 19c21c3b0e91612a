//! Both halves of a key, over a proxy that misbehaves on purpose.

#[cfg(test)]
mod answer;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod connection;
#[cfg(test)]
mod health;
#[cfg(test)]
mod key;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod tls;
