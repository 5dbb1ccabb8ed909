"""Ridge and logistic regression on mean-pooled embeddings, tuned by grouped folds inside the training data."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.dataset import Dataset

Floats = NDArray[np.float64]
RIDGE = tuple(np.geomspace(1, 1e5, 16))
LOGISTIC = tuple(np.geomspace(1e-4, 1, 10))
INNER_FOLDS = 5
INNER_LOGISTIC = 3


def mean_pooled(dataset: Dataset) -> Floats:
    """Return the mean over a clip's words of their text embeddings [clips, D]."""
    part = dataset.modalities["text"]
    sums = np.zeros((len(dataset.clips), part.width))
    counts = np.zeros(len(dataset.clips))
    for row, clip in enumerate(dataset.samples.clip):
        values, _ = part.sample(row)
        known = np.isfinite(values).all(axis=1)
        sums[clip] += values[known].sum(axis=0)
        counts[clip] += known.sum()
    return np.asarray(sums / np.maximum(counts, 1)[:, None])


def ridge(features: Floats, labels: Floats, groups: Sequence[str], test: Floats) -> tuple[Floats, float]:
    """Fit ridge regression with the strength of the lowest mean absolute error; predict; return also the strength."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    search = GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()),
        {"ridge__alpha": RIDGE},
        scoring="neg_mean_absolute_error",
        cv=GroupKFold(INNER_FOLDS),
    )
    search.fit(features, labels, groups=list(groups))
    return np.asarray(search.predict(test)), float(search.best_params_["ridge__alpha"])


def logistic(features: Floats, labels: Floats, groups: Sequence[str], test: Floats) -> tuple[Floats, float]:
    """Fit logistic regression with the strength of the highest weighted F1; return probabilities and strength."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.model_selection import GroupKFold
    from sklearn.preprocessing import StandardScaler

    known = labels.astype(int)
    scores = np.zeros(len(LOGISTIC))
    for inner, held in GroupKFold(INNER_LOGISTIC).split(features, groups=list(groups)):
        scaler = StandardScaler().fit(features[inner])
        # From strong to weak, every fit begun where the last one ended: a third of the cost.
        model = LogisticRegression(max_iter=300, warm_start=True)
        for place, strength in enumerate(LOGISTIC):
            model.set_params(C=strength).fit(scaler.transform(features[inner]), known[inner])
            found = model.predict(scaler.transform(features[held]))
            scores[place] += f1_score(known[held], found, average="weighted")
    best = float(LOGISTIC[int(scores.argmax())])
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=best, max_iter=300).fit(scaler.transform(features), known)
    return np.asarray(model.predict_proba(scaler.transform(test))), best
