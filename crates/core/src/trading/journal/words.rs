//! The journal's vocabularies.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The kind of a journal event.
    EventKind, "event kind" {
        /// A position was opened or added to.
        Open = "open",
        /// A position was closed or reduced by a trade, or an index option was settled in cash.
        Close = "close",
        /// One contract was exchanged for another in one order.
        Roll = "roll",
        /// Contracts expired without being exercised.
        Expire = "expire",
        /// Short contracts were assigned, all or some. Shares change hands at the strike.
        Assign = "assign",
        /// Long contracts were exercised. Shares change hands at the strike.
        Exercise = "exercise",
        /// Short calls were assigned, and the covering shares left at the strike.
        CalledAway = "called_away",
        /// A dividend was received, or paid on short shares.
        Dividend = "dividend",
        /// A fee that belongs to no other event.
        Fee = "fee",
        /// A split, a reverse split, a change of symbol or a merger: each held unit became a number of units of its
        /// successor.
        Split = "split",
    }
}

vocabulary! {
    /// The side of a trade.
    Side, "side" {
        /// Bought first, to be sold.
        Long = "long",
        /// Sold first, to be bought back.
        Short = "short",
    }
}

vocabulary! {
    /// The action that opened a position.
    OpenAction, "opening action" {
        /// An order to sell to open.
        SellToOpen = "STO",
        /// An order to buy to open.
        BuyToOpen = "BTO",
    }
}

vocabulary! {
    /// The action that closed a position.
    CloseAction, "closing action" {
        /// An order to buy to close.
        BuyToClose = "BTC",
        /// An order to sell to close.
        SellToClose = "STC",
        /// The contracts expired worthless.
        Expire = "expire",
        /// The contracts were assigned.
        Assign = "assign",
        /// The contracts were exercised.
        Exercise = "exercise",
    }
}

vocabulary! {
    /// The reason why a position was closed.
    ExitReason, "exit reason" {
        /// The profit target was reached.
        ProfitTarget = "profit_target",
        /// The stop loss was reached.
        StopLoss = "stop_loss",
        /// The planned time was over, such as 21 days before expiration.
        Time = "time",
        /// The contracts expired without being exercised.
        Expired = "expired",
        /// The contracts were assigned.
        Assigned = "assigned",
        /// The shares were called away.
        CalledAway = "called_away",
        /// The contracts were rolled.
        Rolled = "rolled",
        /// The owner decided at discretion.
        Discretionary = "discretionary",
        /// A risk limit demanded the exit.
        RiskLimit = "risk_limit",
    }
}

vocabulary! {
    /// The role of a trade in a wheel.
    LegRole, "leg role" {
        /// A cash-secured put was opened.
        CspOpen = "csp_open",
        /// A cash-secured put was closed.
        CspClose = "csp_close",
        /// A covered call was opened.
        CcOpen = "cc_open",
        /// A covered call was closed.
        CcClose = "cc_close",
        /// The contract was rolled into another one.
        RollFrom = "roll_from",
        /// The contract was opened by a roll.
        RollTo = "roll_to",
        /// The option was assigned, or the shares come from an assignment.
        Assign = "assign",
        /// The shares were called away.
        CalledAway = "called_away",
        /// The contracts expired without being exercised.
        Expire = "expire",
        /// The contracts were exercised.
        Exercise = "exercise",
        /// A dividend was paid.
        Dividend = "dividend",
    }
}

vocabulary! {
    /// The phase of a wheel.
    WheelPhase, "wheel phase" {
        /// Short puts are open, and no shares are held.
        CashSecuredPut = "cash_secured_put",
        /// Shares are held, without open calls.
        Shares = "shares",
        /// Shares are held, with open calls.
        CoveredCall = "covered_call",
        /// Something else is open, such as long options only.
        Other = "other",
        /// No shares and no contracts are open.
        Flat = "flat",
    }
}

vocabulary! {
    /// The direction of a roll.
    RollType, "roll type" {
        /// A later expiration at the same strike.
        Out = "out",
        /// A later expiration at a lower strike.
        DownOut = "down_out",
        /// A later expiration at a higher strike.
        UpOut = "up_out",
        /// A lower strike at the same or an earlier expiration.
        Down = "down",
        /// A higher strike at the same or an earlier expiration.
        Up = "up",
    }
}

vocabulary! {
    /// The outcome of a trade after costs.
    WinLoss, "outcome" {
        /// A net profit beyond the tolerance.
        Win = "win",
        /// A net loss beyond the tolerance.
        Loss = "loss",
        /// A net result within the owner's tolerance.
        Breakeven = "breakeven",
    }
}

vocabulary! {
    /// The provenance of a trade.
    Provenance, "provenance" {
        /// Traded with real money.
        Live = "live",
        /// The trade was made on paper.
        Paper = "paper",
        /// Traded in a backtest.
        Backtest = "backtest",
        /// Imported from a broker's history.
        Import = "import",
        /// The trade was entered by hand.
        Manual = "manual",
    }
}

vocabulary! {
    /// The owner's mental state.
    MentalState, "mental state" {
        /// Calm and at ease.
        Calm = "calm",
        /// Focused on the market.
        Focused = "focused",
        /// Confident of the outcome.
        Confident = "confident",
        /// Hesitant and unsure.
        Hesitant = "hesitant",
        /// Anxious about the outcome.
        Anxious = "anxious",
        /// Fearful of a loss.
        Fearful = "fearful",
        /// Greedy for more profit.
        Greedy = "greedy",
        /// Frustrated with the market or oneself.
        Frustrated = "frustrated",
        /// Tired or distracted.
        Tired = "tired",
    }
}

vocabulary! {
    /// The basis of a trade's initial risk.
    RiskBasis, "basis of risk" {
        /// The largest possible loss of a position that limits its own loss, such as a spread or a long option.
        MaxLoss = "max_loss",
        /// The loss at the planned stop.
        Stop = "stop",
        /// A share of the collateral, chosen by the owner.
        CollateralShare = "collateral_share",
        /// An amount a trade, chosen by the owner.
        Policy = "policy",
    }
}

vocabulary! {
    /// The severity of a rule's violation.
    RuleSeverity, "severity" {
        /// A violation without notable risk.
        Minor = "minor",
        /// A violation that cost money or could have.
        Major = "major",
        /// A violation that put the account at risk.
        Critical = "critical",
    }
}
