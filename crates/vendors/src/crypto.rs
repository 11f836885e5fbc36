//! Options on crypto currencies, which are recognised to be refused with the reason.

use strikebook_core::{Error, ErrorKind};

/// The reason why options on crypto currencies are not read.
pub(crate) const REASON: &str = "options on crypto currencies are not read: they have no OCC symbol, are quoted in the \
                                 currency itself or a stable coin, trade around the clock, and expire at 08:00 UTC";
const CURRENCIES: [&str; 12] =
    ["BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "AVAX", "TRX", "MATIC", "PAXG", "TON", "ADA"];

/// Returns true for the symbol of such an option: `BTC-29MAR24-60000-C` (Deribit, Bybit), `BTC-240329-60000-C`
/// (Binance), `BTC-USD-240329-60000-C` (OKX), `BTC_USDC-29MAR24-60000-C` (Deribit).
pub(crate) fn is_symbol(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [currency, middle @ ..] = parts.as_slice() else { return false };
    let currency = currency.split_once('_').map_or(*currency, |(currency, _)| currency);
    CURRENCIES.contains(&currency) && middle.len() >= 3 && middle.iter().any(|part| matches!(*part, "C" | "P"))
}

/// Returns the refusal of a symbol; `None` for any other.
pub(crate) fn refusal(symbol: &str) -> Option<Error> {
    is_symbol(symbol).then(|| Error::new(ErrorKind::Unsupported, REASON).with("symbol", symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_the_exchanges_are_recognised() {
        for symbol in [
            "BTC-29MAR24-60000-C",
            "ETH-240329-3500-P",
            "BTC-USD-240329-60000-C",
            "SOL_USDC-7JUN24-170-P",
            "BTC-29MAR24-60000-C-USDT",
        ] {
            assert!(refusal(symbol).is_some(), "{symbol}");
        }
        for symbol in ["SPY240119C00480000", "BTC", "BRK-B", "BTC-USD", "SPY-240119-480-C", ""] {
            assert!(refusal(symbol).is_none(), "{symbol}");
        }
    }
}
