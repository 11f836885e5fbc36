//! The journal's vocabularies.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What happened.
    EventKind, "event kind" {
        /// A position was opened or added to.
        Open = "open",
        /// A position was closed or reduced by a trade; also the settlement in cash of an index option.
        Close = "close",
        /// One contract was exchanged for another in one order.
        Roll = "roll",
        /// Contracts expired worthless.
        Expire = "expire",
        /// Short contracts were assigned, all of them or some. The shares come or go at the strike.
        Assign = "assign",
        /// Long contracts were exercised. The shares come or go at the strike.
        Exercise = "exercise",
        /// Short calls were assigned and the shares that covered them went at the strike.
        CalledAway = "called_away",
        /// A dividend was paid, or had to be paid on short shares.
        Dividend = "dividend",
        /// A fee that belongs to no other event.
        Fee = "fee",
        /// A split, a reverse split, a change of symbol or a merger: each unit held became so many of its successor.
        Split = "split",
    }
}

vocabulary! {
    /// Whether one gains when the price rises or when it falls.
    Side, "side" {
        /// Bought first.
        Long = "long",
        /// Sold first.
        Short = "short",
    }
}

vocabulary! {
    /// How a position was opened.
    OpenAction, "opening action" {
        /// Sell to open.
        SellToOpen = "STO",
        /// Buy to open.
        BuyToOpen = "BTO",
    }
}

vocabulary! {
    /// How a position ended.
    CloseAction, "closing action" {
        /// Buy to close.
        BuyToClose = "BTC",
        /// Sell to close.
        SellToClose = "STC",
        /// It expired worthless.
        Expire = "expire",
        /// It was assigned.
        Assign = "assign",
        /// It was exercised.
        Exercise = "exercise",
    }
}

vocabulary! {
    /// Why a position ended.
    ExitReason, "exit reason" {
        /// Its profit target was reached.
        ProfitTarget = "profit_target",
        /// Its stop was reached.
        StopLoss = "stop_loss",
        /// Its time was up, such as 21 days before expiration.
        Time = "time",
        /// It expired.
        Expired = "expired",
        /// It was assigned.
        Assigned = "assigned",
        /// Its shares were called away.
        CalledAway = "called_away",
        /// It was rolled into another.
        Rolled = "rolled",
        /// Its owner wanted so.
        Discretionary = "discretionary",
        /// A limit on risk asked for it.
        RiskLimit = "risk_limit",
    }
}

vocabulary! {
    /// What a trade is within a wheel.
    LegRole, "leg role" {
        /// A cash-secured put was opened.
        CspOpen = "csp_open",
        /// A cash-secured put was closed.
        CspClose = "csp_close",
        /// A covered call was opened.
        CcOpen = "cc_open",
        /// A covered call was closed.
        CcClose = "cc_close",
        /// It was rolled into another.
        RollFrom = "roll_from",
        /// It came out of a roll.
        RollTo = "roll_to",
        /// It was assigned, or is the shares that came of that.
        Assign = "assign",
        /// It was called away.
        CalledAway = "called_away",
        /// It expired.
        Expire = "expire",
        /// It was exercised.
        Exercise = "exercise",
        /// A dividend.
        Dividend = "dividend",
    }
}

vocabulary! {
    /// Where a wheel is in its turn.
    WheelPhase, "wheel phase" {
        /// Short puts are open and no shares are held.
        CashSecuredPut = "cash_secured_put",
        /// Shares are held and no call is open on them.
        Shares = "shares",
        /// Shares are held and calls are open on them.
        CoveredCall = "covered_call",
        /// Something else is open, such as long options alone.
        Other = "other",
        /// Nothing is open.
        Flat = "flat",
    }
}

vocabulary! {
    /// Where a roll went.
    RollType, "roll type" {
        /// To a later expiration at the same strike.
        Out = "out",
        /// To a later expiration at a lower strike.
        DownOut = "down_out",
        /// To a later expiration at a higher strike.
        UpOut = "up_out",
        /// To a lower strike, and no later.
        Down = "down",
        /// To a higher strike, and no later.
        Up = "up",
    }
}

vocabulary! {
    /// How a trade ended for its owner, after costs.
    WinLoss, "outcome" {
        /// With a profit.
        Win = "win",
        /// With a loss.
        Loss = "loss",
        /// With neither, within the owner's tolerance.
        Breakeven = "breakeven",
    }
}

vocabulary! {
    /// Where a trade was made.
    Provenance, "provenance" {
        /// With money.
        Live = "live",
        /// On paper.
        Paper = "paper",
        /// In a backtest.
        Backtest = "backtest",
        /// Read from a broker's history.
        Import = "import",
        /// Entered by hand.
        Manual = "manual",
    }
}

vocabulary! {
    /// How its owner felt.
    MentalState, "mental state" {
        /// At ease.
        Calm = "calm",
        /// Attentive.
        Focused = "focused",
        /// Sure of the outcome.
        Confident = "confident",
        /// Unsure.
        Hesitant = "hesitant",
        /// Worried.
        Anxious = "anxious",
        /// Afraid of loss.
        Fearful = "fearful",
        /// Eager for more.
        Greedy = "greedy",
        /// Angry at the market or at oneself.
        Frustrated = "frustrated",
        /// Tired or distracted.
        Tired = "tired",
    }
}

vocabulary! {
    /// How grave the break of a rule is.
    RuleSeverity, "severity" {
        /// Worth knowing.
        Minor = "minor",
        /// It cost, or could have.
        Major = "major",
        /// It put the account at risk.
        Critical = "critical",
    }
}
