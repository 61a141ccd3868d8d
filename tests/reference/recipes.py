"""The paper's training numbers, transcribed a second time from its text (sections 3.3, 4.1, 4.2) and, where marked
C, from the authors' released configuration."""

NYU = {
    "coarse samples": 2e6,
    "fine samples": 1.5e6,
    "rate of coarse convolutional layers 1-5": 0.001,
    "rate of coarse full layers 6, 7": 0.1,
    "rate of fine layers 1 and 3": 0.001,
    "rate of fine layer 2": 0.01,
    "momentum": 0.9,
    "batch": 32,
    "lambda": 0.5,
    "scale": (1, 1.5),
    "rotation": (-5, 5),
    "colour": (0.8, 1.2),
    "flip": 0.5,
    "C decay of the ImageNet convolutions": 0.0005,
    "C decay elsewhere": 0.0001,
}
KITTI = NYU | {"coarse samples": 1.5e6, "fine samples": 1e6, "scale": (1, 1.2), "rotation": (0, 0)}

# Which parameters "layers 1-5" and so on are.
COARSE_CONVOLUTIONS = [f"coarse.conv{i}.weight" for i in range(1, 6)]
COARSE_FULL = ["coarse.full6.weight", "coarse.full7.weight"]
FINE_1_AND_3 = ["fine.conv1.weight", "fine.conv3.weight"]
FINE_2 = ["fine.conv2.weight"]
