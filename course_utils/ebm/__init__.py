"""Energy-based models: networks, losses, exact likelihoods and one training loop.

A wrong argument raises `ValueError` before any work starts.
"""

from course_utils.ebm.buffer import ReplayBuffer
from course_utils.ebm.conditioning import Observed, clamped_langevin, clamped_walk, uniform_noise
from course_utils.ebm.evaluation import (
    FeatureNet,
    auroc,
    class_histogram,
    effective_classes,
    feature_distance,
    frechet_distance,
    judge,
    out_of_distribution,
    train_classifier,
)
from course_utils.ebm.fitting import fit, fit_persistent, persistent_step
from course_utils.ebm.image_networks import (
    ImageEnergy,
    ResidualBlock,
    SpectralConv2d,
    compose,
    label_energy,
    spectral_norm,
)
from course_utils.ebm.image_recipes import DIGITS, MNIST, MNIST14, ImageRecipe
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
    against_noise,
    contrast,
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
from course_utils.ebm.pretrained import CHECKPOINTS, Ablation, digits_ablation, facts, load, save
from course_utils.ebm.saved_runs import CheckpointError
from course_utils.ebm.slices import Components, plane
from course_utils.ebm.training_loop import Training, TrainingDiverged, train
