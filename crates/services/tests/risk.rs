//! The initial risk of trades, with its basis.

use strikebook_core::{
    AsOf, Decimal, ErrorKind, Id, Name, Result, Source, Timestamp,
    market::{Instrument, OptionContract, Symbol},
    memory::MemoryStore,
    trading::{
        MetricsKey, MetricsRepository,
        journal::{LegGroup, RiskBasis, Side, Trade, TradeRepository},
        metrics::{Conventions, TradeUnit, Window},
    },
};
use strikebook_services::journal::{FilledRisks, MetricsScope, RiskRules, fill_risks, initial_risk, store_metrics};

fn money(text: &str) -> Decimal {
    text.parse().expect("an amount")
}

fn at(minute: i64) -> Timestamp {
    let opening: Timestamp = "2025-09-25T13:30:00Z".parse().expect("an instant");
    opening.saturating_add(chrono::TimeDelta::minutes(minute))
}

fn trade(number: i64, contract: &str, side: Side, price: &str) -> Trade {
    let contract: OptionContract = contract.parse().expect("a contract");
    let (name, source) = (Name::new("U1").expect("a name"), Source::new("broker").expect("a source"));
    Trade::new(
        Id::named(&format!("trade {number}")),
        (name, name),
        (Symbol::new("SPY").expect("a symbol"), Instrument::Option(contract)),
        (side, 1.into(), money(price)),
        (at(number), source),
    )
}

const P600: &str = "SPY251219P00600000";
const P590: &str = "SPY251219P00590000";
const C700: &str = "SPY251219C00700000";
const C710: &str = "SPY251219C00710000";

fn risk(legs: &[Trade]) -> Option<(Decimal, RiskBasis)> {
    initial_risk(legs, &RiskRules::default())
}

#[test]
fn contracts_that_limit_the_loss_risk_their_largest_loss() {
    let max_loss = |risk: &str| Some((money(risk), RiskBasis::MaxLoss));
    let (short, long) = (trade(0, P600, Side::Short, "7.35"), trade(1, P590, Side::Long, "4.35"));
    assert_eq!(risk(&[short.clone(), long.clone()]), max_loss("700"), "ten dollars wide for a credit of three");
    let calls = [trade(2, C700, Side::Short, "3.00"), trade(3, C710, Side::Long, "1.50")];
    let condor = [&[short.clone(), long.clone()][..], &calls].concat();
    assert_eq!(risk(&condor), max_loss("550"), "one side alone can be lost");
    assert_eq!(risk(&[trade(4, C700, Side::Long, "3.10")]), max_loss("310"));
    let ratio = [long.clone(), short.clone(), short.clone()];
    for unlimited in [&[short][..], &calls[..1], &ratio] {
        assert_eq!(risk(unlimited), None, "{unlimited:?}");
    }
    let later = trade(5, "SPY260116P00590000", Side::Long, "6.00");
    assert_eq!(risk(&[later, trade(6, P600, Side::Short, "7.35")]), None, "a calendar has no payoff at one expiration");
}

#[test]
fn a_cash_secured_put_risks_what_the_owner_says() {
    let mut put = trade(0, P600, Side::Short, "7.35");
    put.risk.collateral = Some(money("60000"));
    let of = |rules| initial_risk(std::slice::from_ref(&put), &rules);
    assert_eq!(of(RiskRules::default()), None, "never the strike less the premium");
    let share = RiskRules { collateral_share: Some(money("0.02")), amount: Some(money("500")) };
    assert_eq!(of(share), Some((money("1200"), RiskBasis::CollateralShare)));
    let amount = RiskRules { collateral_share: None, ..share };
    assert_eq!(of(amount), Some((money("500"), RiskBasis::Policy)));
    let mut stopped = put.clone();
    stopped.risk.stop_loss = Some(money("14.70"));
    stopped.outcome.total_costs = Some(money("1.30"));
    assert_eq!(initial_risk(&[stopped], &share), Some((money("736.3"), RiskBasis::Stop)));
}

#[tokio::test]
async fn filled_risks_give_expected_r_and_stay() -> Result<()> {
    let store = MemoryStore::new();
    let group: Id<LegGroup> = Id::named("spread");
    let spread = |first: i64, gross: i64| {
        [(first, P600, Side::Short, "7.35"), (first + 1, P590, Side::Long, "4.35")].map(|(number, put, side, price)| {
            let mut leg = trade(number, put, side, price);
            let id = Id::named(&format!("{group} {first}"));
            leg.origin.leg_group = Some(id);
            leg.at = at(first);
            leg.execution.quantity_closed = 1.into();
            leg.execution.exited_at = Some(at(first + 10));
            leg.outcome =
                leg.outcome.with_result(if side == Side::Short { gross.into() } else { 0.into() }, 0.into(), 0.into());
            leg
        })
    };
    store.insert_trades(&[spread(0, 350), spread(20, -175)].concat()).await?;
    let account = Name::new("U1")?;
    let filled = fill_risks(&store, account, &RiskRules::default()).await?;
    assert_eq!(filled, FilledRisks { filled: 4, kept: 0, without: 0 });
    let scope = MetricsScope {
        account: Some(account),
        at: at(400),
        windows: vec![Window::All],
        unit: TradeUnit::Decision,
        conventions: Conventions::default(),
        source: Source::new("journal")?,
        recorded_at: at(400),
    };
    store_metrics(&store, &scope).await?;
    let key = MetricsKey { account: Some(account), ..MetricsKey::new(Window::All) };
    let metrics = store.metrics_as_of(&key, AsOf::instant(at(400))).await?.expect("stored metrics").metrics;
    // Half a risk won and a quarter lost.
    assert_eq!((metrics.expected_r.get(), metrics.expected_r.trades), (Some(&0.125), 2));
    assert!(metrics.system_quality.get().is_some());
    let again = fill_risks(&store, account, &RiskRules { amount: Some(1.into()), ..RiskRules::default() }).await?;
    assert_eq!(again, FilledRisks { filled: 0, kept: 4, without: 0 });
    let zero = RiskRules { amount: Some(0.into()), ..RiskRules::default() };
    assert_eq!(fill_risks(&store, account, &zero).await.expect_err("no risk").kind(), ErrorKind::InvalidInput);
    Ok(())
}
