"""What was computed and how, as the document's ``methods``: name, formula, source and use, one entry a method."""

from __future__ import annotations

from countenance.audit.groups import MINIMUM_SUBJECTS
from countenance.audit.summary_measures import GINI_NORMALISATION
from countenance.service.audits.rate_entries import Entry
from countenance.service.audits.spreads import ALPHA, REPLICATES, SHUFFLES

_ROWS = (
    (
        "wilson-vertex",
        "Wilson interval, effective sample size from the variance clustered by subject",
        "n_eff = min(n, p(1-p) / Var), Var = [2 ΣG² + 4 max(0, Σr² - ΣG²)] / M², Student quantile with subjects - 1",
        "Wilson 1927; Fogliato, Patil and Perona, IJCV 2024 (arXiv 2306.01198)",
        "false match rates within a group and overall in one set",
    ),
    (
        "wilson-two-way",
        "Wilson interval, effective sample size from the variance clustered by probe and by reference subject",
        "n_eff = min(n, p(1-p) / Var), Var = max(Σr_p² + Σr_q² - ΣG², p(1-p)M) / M²",
        "Cameron, Gelbach and Miller, JBES 2011",
        "false match rates between two groups, or between probes and references",
    ),
    (
        "wilson-subject",
        "Wilson interval, effective sample size from the variance clustered by subject",
        "n_eff = min(n, p(1-p) / Var), Var = Σ(e_i - p K_i)² / (ΣK_i)²",
        "Wilson 1927; metrics of ISO/IEC 19795-1",
        "false non-match rates and failures to acquire",
    ),
    (
        "wilson-probe-subject",
        "Wilson interval, effective sample size from the variance clustered by probe subject",
        "as above, for the gallery as searched; averaged over all galleries of a smaller size",
        "ISO/IEC 19795-1; hypergeometric average 1 - C(G-k, N) / C(G, N)",
        "FPIR, FNIR, rank-k and people taken for another",
    ),
    (
        "wilson-product",
        "Wilson interval of a product of independent rates, by the delta method",
        "FAR = FMR (1 - FTA); FRR = FTA + FNMR (1 - FTA)",
        "ISO/IEC 19795-1",
        "rates with failures to acquire folded in",
    ),
    (
        "model-heterogeneous",
        "What a larger gallery is expected to give: one chance a pair of groups, gallery groups in proportion",
        "1 - Π_h (1 - p_gh)^(N_h)",
        "Drozdowski et al. 2021",
        "FPIR beyond the gallery that was searched; a model, not a measurement",
    ),
    (
        "model-binomial",
        "What a larger gallery would give if all comparisons were independent and alike",
        "1 - (1 - p)^N",
        "ISO/IEC 19795-1",
        "drawn beside the measured growth",
    ),
    (
        "vertex-bootstrap",
        "Percentile interval over people drawn with replacement; a threshold set on the data is set anew in each draw",
        f"{REPLICATES:,} draws; a comparison's weight is the product of its two people's",
        "Fogliato, Patil and Perona, IJCV 2024",
        "summary measures and trade-off curves; wide where errors are few",
    ),
    (
        "permutation",
        "What a measure is when groups do not matter: labels shuffled among people",
        f"{SHUFFLES:,} shuffles of whole people; p counts the observed labelling as one of them",
        "Phipson and Smyth 2010",
        "p-values and expected values of summary measures",
    ),
    (
        "ratio",
        "A group's rate over that of all other groups pooled, interval of its logarithm",
        "Var(ln a/b) = Var(ln a) + Var(ln b), each by leaving out one person at a time; p from shuffled labels where "
        "people were shuffled, else of the same interval; corrected by Holm across groups",
        "Efron and Stein 1981; Phipson and Smyth 2010; Holm 1979; checked in benchmarks/ratio_simulation.py",
        "ratios of false match and false non-match rates",
    ),
    (
        "spread",
        "Highest over lowest, over mean and over geometric mean; mean |log10|; Gini coefficient",
        GINI_NORMALISATION,
        "NIST FRTE demographic tables and IR 8429; Howard et al. 2022 (arXiv 2203.05051)",
        "spread_fmr and spread_fnmr",
    ),
    (
        "combined",
        "GARBE, FDR, IR and worst over geometric mean of FMR and FNMR together",
        f"weight of the false match side {ALPHA}",
        "Howard et al. 2022; de Freitas Pereira and Marcel 2020 (arXiv 2011.02395)",
        "combined",
    ),
    (
        "minimum-n",
        f"Groups of fewer than {MINIMUM_SUBJECTS} people",
        "kept in overall rates and shown with their counts; in no ratio and no summary measure",
        "below ten people Student's quantile exceeds 2.26",
        "comparable",
    ),
    (
        "zero-errors",
        "Upper bounds where no error was seen",
        "-ln(0.05) / n: over comparisons as if independent, over effective comparisons, over pairs that share nobody",
        "Hanley and Lippman-Hand, JAMA 1983 (rule of three)",
        "zero_error_bounds, smallest_fmr_independent and smallest_fmr_guaranteed",
    ),
)


def methods() -> list[Entry]:
    """Return the document's list of methods."""
    return [
        {"id": key, "name": name, "formula": formula, "source": source, "used_for": used}
        for key, name, formula, source, used in _ROWS
    ]
