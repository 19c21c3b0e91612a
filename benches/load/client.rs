//! The clients of `load.py`: one thread for each connection sends one signed request again and again, each when the last
//! is answered. Nothing but the standard library, so that `rustc -O` alone builds it.
//!
//! ```text
//! client PORT CONNECTIONS SECONDS < request
//! ```
//!
//! It reads the length of the request in four bytes, little endian, and the request. It says `ready` once all are
//! connected, begins when a line comes in, and prints one line: requests, connections that were closed in between, and
//! the latency in nanoseconds below which 50, 90, 99, 99.9 and 100 in a hundred were answered. Any status but 200 is an
//! error.

use std::io::{Error, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, port, connections, seconds] = arguments.as_slice() else {
        return Err("usage: client PORT CONNECTIONS SECONDS < request, and one line".into());
    };
    let (port, connections): (u16, usize) = (port.parse()?, connections.parse()?);
    let time = Duration::from_secs_f64(seconds.parse()?);
    let mut input = std::io::stdin().lock();
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let mut request = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut request)?;
    let (request, begin) = (Arc::new(request), Arc::new(Barrier::new(connections + 1)));
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (request, begin) = (Arc::clone(&request), Arc::clone(&begin));
            std::thread::Builder::new().stack_size(128 << 10).spawn(move || client(port, &request, &begin, time))
        })
        .collect::<std::io::Result<_>>()?;
    begin.wait();
    println!("ready");
    input.read_exact(&mut [0])?;
    begin.wait();
    let (mut latencies, mut closed) = (Vec::new(), 0);
    for client in clients {
        let (theirs, often) = client.join().map_err(|_| "a client panicked")??;
        latencies.extend(theirs);
        closed += often;
    }
    latencies.sort_unstable();
    let last = latencies.len().checked_sub(1).ok_or("nothing was answered")?;
    let at = |thousandth: usize| latencies[last.min(latencies.len() * thousandth / 1_000)];
    let shares: Vec<String> = [500, 900, 990, 999, 1_000].map(|thousandth| at(thousandth).to_string()).into();
    println!("{} {closed} {}", latencies.len(), shares.join(" "));
    Ok(())
}

/// One connection's latencies, and how often it was closed.
fn client(port: u16, request: &[u8], begin: &Barrier, time: Duration) -> Result<(Vec<u64>, usize)> {
    let (mut stream, mut latencies, mut closed) = (connect(port)?, Vec::with_capacity(1 << 16), 0);
    let mut buffer = vec![0; 64 << 10];
    begin.wait();
    begin.wait();
    let end = Instant::now() + time;
    let mut start = Instant::now();
    while start < end {
        match ask(&mut stream, request, &mut buffer) {
            Ok(200) => {
                let now = Instant::now();
                latencies.push((now - start).as_nanos() as u64);
                start = now;
            }
            Ok(status) => return Err(format!("{status}: {}", String::from_utf8_lossy(&buffer)).into()),
            // Servers may close a connection after so many requests; any client connects again.
            Err(error) => {
                closed += 1;
                if closed > 10 + latencies.len() / 10 {
                    return Err(error.into());
                }
                (stream, start) = (connect(port)?, Instant::now());
            }
        }
    }
    Ok((latencies, closed))
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends the request, and reads one response to its end: the status.
fn ask(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> std::io::Result<u16> {
    stream.write_all(request)?;
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        if read == 0 {
            return Err(Error::from(std::io::ErrorKind::UnexpectedEof));
        }
        filled += read;
        let Some(head) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        if filled >= head + 4 + length(&buffer[..head])? {
            let status = std::str::from_utf8(&buffer[9..12]).ok().and_then(|status| status.parse().ok());
            return status.ok_or_else(|| Error::other("no status"));
        }
    }
}

fn length(head: &[u8]) -> std::io::Result<usize> {
    let lines = head.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        line[..colon].eq_ignore_ascii_case(b"content-length").then_some(&line[colon + 1..])
    });
    let length = lines.filter_map(|value| std::str::from_utf8(value).ok()?.trim().parse().ok()).next();
    length.ok_or_else(|| Error::other("a response without a length"))
}
