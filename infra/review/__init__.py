"""What a pull request asks for and what is answered to it: pure but for Git and files, without a cloud."""
