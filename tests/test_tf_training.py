"""Loops and steps as tutorials for TensorFlow write them, one word changed."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as tf

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def seeded():
    tf.keras.utils.set_random_seed(0)


def classes(rows=256):
    x = RNG.normal(size=(rows, 8)).astype("float32")
    return x, np.argmax(x[:, :3], axis=1)


class MyModel(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten = tf.keras.layers.Flatten()
        self.d1 = tf.keras.layers.Dense(32, activation="relu")
        self.dropout = tf.keras.layers.Dropout(0.1)
        self.d2 = tf.keras.layers.Dense(3)

    def call(self, x, training=False):
        return self.d2(self.dropout(self.d1(self.flatten(x)), training=training))


@pytest.mark.parametrize("decorate", [tf.function, lambda function: function], ids=["function", "eager"])
def test_a_custom_training_loop(decorate):
    x, y = classes()
    train = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(256).batch(32)
    model = MyModel()
    loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf.keras.optimizers.Adam(0.01)
    train_loss = tf.keras.metrics.Mean(name="train_loss")
    train_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="train_accuracy")

    @decorate
    def train_step(images, labels):
        with tf.GradientTape() as tape:
            predictions = model(images, training=True)
            loss = loss_object(labels, predictions)
            loss += sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        train_loss(loss)
        train_accuracy(labels, predictions)

    shown = []
    for _ in range(6):
        train_loss.reset_state()
        train_accuracy.reset_state()
        for images, labels in train:
            train_step(images, labels)
        shown.append(f"{train_loss.result():0.3f} {train_accuracy.result() * 100:0.1f}")
    losses, accuracies = zip(*(map(float, line.split()) for line in shown), strict=True)
    assert losses[-1] < 0.5 * losses[0]
    assert accuracies[-1] > 80
    assert int(optimizer.iterations.numpy()) == 48


def test_a_function_that_loops_over_a_data_set_runs_as_python():
    data = tf.data.Dataset.from_tensor_slices(np.arange(6.0, dtype="float32")).batch(2)
    steps = []

    @tf.function
    def step(x):
        steps.append(x.shape)
        return tf.reduce_sum(x)

    @tf.function
    def epoch():
        total = 0.0
        for batch in data:
            total += step(batch)
        return total

    with pytest.warns(UserWarning, match="loop over a data set"):
        assert float(epoch()) == 15.0
    assert float(epoch()) == 15.0
    assert steps == [(2,)]


def generator():
    return tf.keras.Sequential(
        [
            tf.keras.Input((4,)),
            tf.keras.layers.Dense(16, use_bias=False),
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.LeakyReLU(),
            tf.keras.layers.Dense(2),
        ]
    )


def discriminator():
    return tf.keras.Sequential(
        [tf.keras.Input((2,)), tf.keras.layers.Dense(16), tf.keras.layers.LeakyReLU(), tf.keras.layers.Dense(1)]
    )


def test_two_tapes_of_a_gan():
    makes, judges = generator(), discriminator()
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    makes_optimizer, judges_optimizer = tf.keras.optimizers.Adam(1e-3), tf.keras.optimizers.Adam(1e-3)

    @tf.function
    def train_step(images):
        noise = tf.random.normal([16, 4])
        with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
            generated = makes(noise, training=True)
            real_output = judges(images, training=True)
            fake_output = judges(generated, training=True)
            gen_loss = cross_entropy(tf.ones_like(fake_output), fake_output)
            disc_loss = cross_entropy(tf.ones_like(real_output), real_output)
            disc_loss += cross_entropy(tf.zeros_like(fake_output), fake_output)
        gen_gradients = gen_tape.gradient(gen_loss, makes.trainable_variables)
        disc_gradients = disc_tape.gradient(disc_loss, judges.trainable_variables)
        makes_optimizer.apply_gradients(zip(gen_gradients, makes.trainable_variables, strict=True))
        judges_optimizer.apply_gradients(zip(disc_gradients, judges.trainable_variables, strict=True))
        return gen_loss, disc_loss

    before = makes.get_weights()[0], judges.get_weights()[0]
    losses = [train_step(RNG.normal(size=(16, 2)).astype("float32")) for _ in range(20)]
    assert all(np.isfinite(float(each)) for pair in losses for each in pair)
    assert not np.allclose(before[0], makes.get_weights()[0])
    assert not np.allclose(before[1], judges.get_weights()[0])


class WGAN(tf.keras.Model):
    """Without `call`; its penalty is the gradient of a gradient."""

    def __init__(self, discriminator, generator, latent_dim, extra_steps=3, gp_weight=10.0):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.latent_dim = latent_dim
        self.d_steps = extra_steps
        self.gp_weight = gp_weight

    def compile(self, d_optimizer, g_optimizer, d_loss_fn, g_loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.d_loss_fn = d_loss_fn
        self.g_loss_fn = g_loss_fn

    def gradient_penalty(self, batch_size, real_images, fake_images):
        alpha = tf.random.uniform([batch_size, 1], 0.0, 1.0)
        interpolated = real_images + alpha * (fake_images - real_images)
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = self.discriminator(interpolated, training=True)
        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1]))
        return tf.reduce_mean((norm - 1.0) ** 2)

    def train_step(self, real_images):
        batch_size = tf.shape(real_images)[0]
        for _ in range(self.d_steps):
            latent = tf.random.normal(shape=(batch_size, self.latent_dim))
            with tf.GradientTape() as tape:
                fake_images = self.generator(latent, training=True)
                fake_logits = self.discriminator(fake_images, training=True)
                real_logits = self.discriminator(real_images, training=True)
                d_cost = self.d_loss_fn(real_img=real_logits, fake_img=fake_logits)
                penalty = self.gradient_penalty(batch_size, real_images, fake_images)
                d_loss = d_cost + penalty * self.gp_weight
            gradient = tape.gradient(d_loss, self.discriminator.trainable_variables)
            self.d_optimizer.apply_gradients(zip(gradient, self.discriminator.trainable_variables, strict=True))
        latent = tf.random.normal(shape=(batch_size, self.latent_dim))
        with tf.GradientTape() as tape:
            logits = self.discriminator(self.generator(latent, training=True), training=True)
            g_loss = self.g_loss_fn(logits)
        gradient = tape.gradient(g_loss, self.generator.trainable_variables)
        self.g_optimizer.apply_gradients(zip(gradient, self.generator.trainable_variables, strict=True))
        return {"d_loss": d_loss, "g_loss": g_loss, "penalty": penalty}


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_gradient_penalty_holds_slopes_near_one(eagerly):
    judge = discriminator()
    judge.set_weights([4 * weight for weight in judge.get_weights()])
    wgan = WGAN(judge, generator(), 4)
    wgan.compile(
        d_optimizer=tf.keras.optimizers.Adam(0.01),
        g_optimizer=tf.keras.optimizers.Adam(0.001),
        d_loss_fn=lambda real_img, fake_img: tf.reduce_mean(fake_img) - tf.reduce_mean(real_img),
        g_loss_fn=lambda fake_img: -tf.reduce_mean(fake_img),
    )
    wgan.run_eagerly = eagerly
    images = RNG.normal(size=(64, 2)).astype("float32") + 2
    before = float(wgan.gradient_penalty(64, images, images + 1))
    history = wgan.fit(images, batch_size=16, epochs=3 if eagerly else 40, verbose=0).history
    assert set(history) == {"d_loss", "g_loss", "penalty"}
    after = float(wgan.gradient_penalty(64, images, images + 1))
    assert after < (1.0 if eagerly else 0.05) * before


class Sampling(tf.keras.layers.Layer):
    def call(self, inputs):
        z_mean, z_log_var = inputs
        epsilon = tf.random.normal(shape=(tf.shape(z_mean)[0], tf.shape(z_mean)[1]))
        return z_mean + tf.exp(0.5 * z_log_var) * epsilon


class VAE(tf.keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.total_loss_tracker = tf.keras.metrics.Mean(name="total_loss")
        self.kl_loss_tracker = tf.keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.total_loss_tracker, self.kl_loss_tracker]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z_mean, z_log_var, z = self.encoder(data)
            reconstruction = self.decoder(z)
            reconstruction_loss = tf.reduce_mean(tf.reduce_sum(tf.square(data - reconstruction), axis=1))
            kl_loss = -0.5 * (1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
            kl_loss = tf.reduce_mean(tf.reduce_sum(kl_loss, axis=1))
            total_loss = reconstruction_loss + kl_loss
        grads = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(grads, self.trainable_weights, strict=True))
        self.total_loss_tracker.update_state(total_loss)
        self.kl_loss_tracker.update_state(kl_loss)
        return {"loss": self.total_loss_tracker.result(), "kl_loss": self.kl_loss_tracker.result()}


def test_a_variational_autoencoder():
    layers = tf.keras.layers
    inputs = tf.keras.Input((12,))
    hidden = layers.Dense(16, activation="relu")(inputs)
    z_mean, z_log_var = layers.Dense(2)(hidden), layers.Dense(2)(hidden)
    encoder = tf.keras.Model(inputs, [z_mean, z_log_var, Sampling()([z_mean, z_log_var])])
    decoder = tf.keras.Sequential([tf.keras.Input((2,)), layers.Dense(12, activation="sigmoid")])
    vae = VAE(encoder, decoder)
    vae.compile(optimizer=tf.keras.optimizers.Adam(0.01))
    history = vae.fit(RNG.random(size=(128, 12)).astype("float32"), epochs=5, batch_size=32, verbose=0).history
    assert set(history) == {"loss", "kl_loss"}
    assert history["loss"][-1] < history["loss"][0]


def test_deep_q_learning_holds_its_targets_fixed():
    """The target of a step comes from the same network, before the tape: it is a constant."""
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2, kernel_initializer="ones")])
    x = np.ones((4, 3), "float32")

    @tf.function
    def gradients(states, following):
        target = 1.0 + 0.5 * tf.reduce_max(model(following), axis=1)
        mask = tf.one_hot([0, 1, 0, 1], 2)
        with tf.GradientTape() as tape:
            values = tf.reduce_sum(model(states) * mask, axis=1, keepdims=True)
            loss = tf.reduce_mean(tf.square(tf.expand_dims(target, 1) - values))
        return tape.gradient(loss, model.trainable_variables)

    kernel, bias = gradients(x, x)
    # The target is 2.5, the value 3: each of a column's two rows adds 2 * (3 - 2.5) / 4.
    np.testing.assert_allclose(kernel.numpy(), np.full((3, 2), 0.5), rtol=1e-6)
    np.testing.assert_allclose(bias.numpy(), [0.5, 0.5], rtol=1e-6)


def test_a_module_by_hand():
    class Line(tf.Module):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.w = tf.Variable(5.0)
            self.b = tf.Variable(0.0, trainable=True)
            self.rest = {"steps": [tf.Variable(0, trainable=False)], "layer": tf.keras.layers.Dense(1)}

        def __call__(self, x):
            return self.w * x + self.b

    line = Line(name="line")
    x = tf.cast(tf.linspace(-2, 2, 201), tf.float32)
    y = x * 3.0 + 2.0
    for _ in range(100):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(y - line(x)))
        dw, db = tape.gradient(loss, [line.w, line.b])
        line.w.assign_sub(0.1 * dw)
        line.b.assign_sub(0.1 * db)
    np.testing.assert_allclose([float(line.w), float(line.b)], [3.0, 2.0], atol=1e-3)
    assert line.name == "line"
    assert len(line.variables) == 3
    assert [each is line.b or each is line.w for each in line.trainable_variables] == [True, True]
    assert [type(each).__name__ for each in line.submodules] == ["Dense"]


def test_a_layer_with_variables_of_its_own():
    class Linear(tf.keras.layers.Layer):
        def __init__(self, units, input_dim):
            super().__init__()
            self.w = tf.Variable(
                initial_value=tf.random_normal_initializer()(shape=(input_dim, units), dtype="float32"), trainable=True
            )
            self.b = tf.Variable(initial_value=tf.zeros_initializer()(shape=(units,), dtype="float32"))

        def call(self, inputs):
            return tf.matmul(inputs, self.w) + self.b

    layer = Linear(4, 2)
    np.testing.assert_allclose(layer(tf.ones((3, 2))).numpy(), np.ones((3, 2)) @ layer.w.numpy(), rtol=1e-6)
    assert len(layer.trainable_weights) == 2


def test_gradients_by_their_names():
    x = tf.Variable([3.0, 4.0])
    unused = tf.Variable([1.0])
    with tf.GradientTape() as tape:
        y = tf.clip_by_norm(x, 1.0)
    np.testing.assert_allclose(y.numpy(), [0.6, 0.8], rtol=1e-6)
    assert tape.gradient(y, unused, unconnected_gradients=tf.UnconnectedGradients.ZERO).numpy().tolist() == [0.0]
    clipped, norm = tf.clip_by_global_norm([x, None, x], 1.0)
    np.testing.assert_allclose(float(norm), np.sqrt(50), rtol=1e-6)
    assert clipped[1] is None
    np.testing.assert_allclose(float(tf.global_norm([clipped[0], clipped[2]])), 1.0, rtol=1e-6)

    @tf.custom_gradient
    def limited(y):
        return y, lambda dy: tf.clip_by_norm(dy, 0.5)

    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        output = limited(v * v)
    np.testing.assert_allclose(float(tape.gradient(output, v)), 2.0, rtol=1e-6)


def test_debugging(capsys):
    tf.debugging.assert_equal([1, 2], [1, 2])
    tf.debugging.assert_near(1.0, 1.0 + 1e-7)
    with pytest.raises(ValueError, match="too small"):
        tf.debugging.assert_greater(1, 2, message="too small")
    with pytest.raises(ValueError, match="not finite"):
        tf.debugging.check_numerics(tf.constant([np.nan]), "not finite")
    tf.print("loss:", tf.Variable(0.5), [tf.constant([1, 2])], sep="|")
    assert capsys.readouterr().err == "loss:|0.5|[array([1, 2], dtype=int32)]\n"
    assert tf.executing_eagerly()
    assert not tf.function(lambda: tf.constant(0) + int(tf.executing_eagerly()))().numpy()
