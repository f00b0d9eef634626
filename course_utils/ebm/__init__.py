"""Energy-based models: networks, losses, exact likelihoods and one training loop."""

from course_utils.ebm.buffer import ReplayBuffer
from course_utils.ebm.conditioning import Clamped, Observed, clamped_langevin, uniform_noise
from course_utils.ebm.evaluation import (
    FeatureNet,
    auroc,
    class_entropy,
    class_histogram,
    effective_classes,
    feature_distance,
    frechet_distance,
    out_of_distribution,
)
from course_utils.ebm.images import (
    Given,
    ImageEnergy,
    ResidualBlock,
    SpectralConv2d,
    Sum,
    compose,
    label_energy,
    spectral_norm,
)
from course_utils.ebm.joint import JointContrastiveDivergence
from course_utils.ebm.likelihood import (
    DomainTooSmall,
    LogZ,
    entropy,
    exact_nll,
    expectation,
    grid,
    grid_probabilities,
    kl,
    log_z,
)
from course_utils.ebm.losses import (
    contrastive_divergence,
    denoising_score_matching,
    exact_negative_log_likelihood,
    noise_contrastive,
    sliced_score_matching,
)
from course_utils.ebm.networks import EnergyNet
from course_utils.ebm.objectives import (
    ContrastiveDivergence,
    DenoisingScoreMatching,
    ExactLikelihood,
    GaussianNoise,
    NoiseContrastive,
    Objective,
    SlicedScoreMatching,
)
from course_utils.ebm.recipes import DIGITS, MNIST, ImageRecipe
from course_utils.ebm.training import Training, TrainingDiverged, train

__all__ = [
    "DIGITS",
    "MNIST",
    "Clamped",
    "ContrastiveDivergence",
    "DenoisingScoreMatching",
    "DomainTooSmall",
    "EnergyNet",
    "ExactLikelihood",
    "FeatureNet",
    "GaussianNoise",
    "Given",
    "ImageEnergy",
    "ImageRecipe",
    "JointContrastiveDivergence",
    "LogZ",
    "NoiseContrastive",
    "Objective",
    "Observed",
    "ReplayBuffer",
    "ResidualBlock",
    "SlicedScoreMatching",
    "SpectralConv2d",
    "Sum",
    "Training",
    "TrainingDiverged",
    "auroc",
    "clamped_langevin",
    "class_entropy",
    "class_histogram",
    "compose",
    "contrastive_divergence",
    "denoising_score_matching",
    "effective_classes",
    "entropy",
    "exact_negative_log_likelihood",
    "exact_nll",
    "expectation",
    "feature_distance",
    "frechet_distance",
    "grid",
    "grid_probabilities",
    "kl",
    "label_energy",
    "log_z",
    "noise_contrastive",
    "out_of_distribution",
    "sliced_score_matching",
    "spectral_norm",
    "train",
    "uniform_noise",
]
